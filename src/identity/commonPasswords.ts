/** Of the passwords that are tried first, those that are long enough to be chosen here; small letters. */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  `1234567890 12345678910 123456789a a123456789 0123456789 0987654321 9876543210 1234567891 1234567890a 123456789q
  qwertyuiop qwertyuiop123 qwerty1234 qwerty12345 qwerty123456 1qaz2wsx3edc 1q2w3e4r5t 1q2w3e4r5t6y q1w2e3r4t5 q1w2e3r4t5y6
  zaq12wsxcde3 zxcvbnm123 asdfghjkl1 asdfghjkl123 asdf123456 qazwsxedc123 qazwsx1234 1qazxsw23edc qwer123456 qweasdzxc123
  password12 password123 password1234 password12345 password123456 password01 password2024 password2025 password2026 passw0rd12
  passw0rd123 p@ssw0rd12 p@ssw0rd123 p@ssword123 pa$$word123 mypassword mypassword1 mypassword123 changeme123 changeme1234 letmein123
  letmein1234 welcome123 welcome1234 welcome2024 welcome2025 welcome2026 iloveyou12 iloveyou123 iloveyou1234 iloveyousomuch woaini1314
  woaini520520 woaini5201314 5201314520 1314520520 administrator admin12345 admin123456 adminadmin administrator1 root123456 rootroot123
  test123456 testtest123 testing123 user123456 guest12345 default123 secret1234 secretsecret sunshine123 princess123 football123
  baseball123 basketball superman123 batman12345 michael123 charlie123 jennifer123 liverpool123 manchester chocolate1 butterfly1
  trustno1trustno1 abcdefghij abcdefghijk abcd123456 abcde12345 abc1234567 abc123456789 aa12345678 aa123456789 aaa1234567 a1b2c3d4e5
  a1b2c3d4e5f6 1a2b3c4d5e 112233445566 1122334455 123123123123 1231231230 123321123321 147258369147 1472583690 1597534682 789456123a
  7894561230 741852963a 7418529630 0000000001 1111111112 1111122222 1212121212 1010101010 2222233333 computer123 internet123 samsung123
  google12345 minecraft1 minecraft123 pokemon12345 starwars123 dragon12345 monkey12345 shadow12345 master12345 whatever123 freedom123
  corehour123 corehour1234 correcthorsebatterystaple thisisapassword nopassword password1! password!1 password123! qwerty123! welcome123!`
    .split(/\s+/)
    .filter((each) => each !== ''),
)
