/** What Corehour tells whoever is concerned, by mail or in the system. A name is never reused or renamed; a topic comes with its room. */
export const topics = {
  'topup.paid': { says: 'A top-up was paid and credited.' },
  'topup.disputed': { says: 'A payment came that does not fit its order: staff look into it.' },
  'card.issued': { says: 'An experience card was given to an account.' },
  'card.expiring': { says: 'An experience card with money left expires in 7 days.' },
  'password.changed': { says: 'A password was set or changed; every other session has ended.' },
  'email.changed': { says: 'The address of a person was changed.' },
} as const satisfies Record<string, { says: string }>

export type Topic = keyof typeof topics
