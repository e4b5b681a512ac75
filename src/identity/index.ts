export { takeAttempts, type Attempt } from './attempt.ts'
export { forgetPast } from './forget.ts'
export { identityInvariants } from './invariants.ts'
export {
  createKey,
  findKeys,
  listKeys,
  noteKeyUse,
  revokeKey,
  stateOf,
  type ApiKey,
  type KeyInput,
  type KeyScope,
} from './key.ts'
export { makeLink, spendLink, type Link, type LinkPurpose } from './link.ts'
export {
  findDeletions,
  findKnownUsers,
  findMailable,
  findNamed,
  findPayers,
  findUserByEmail,
  listAccounts,
  searchUsers,
  usersOf,
  type Payer,
} from './lookup.ts'
export {
  addMember,
  findMember,
  listMembers,
  pageMembers,
  removeMember,
  rolesIn,
  setRole,
  sharedRoles,
  sharersAmong,
  type Member,
  type MemberInput,
  type Role,
} from './member.ts'
export { checkSignInEmail } from './name.ts'
export { checkPassword, hashPassword } from './password.ts'
export {
  blockAccount,
  createAccount,
  createUser,
  findAccount,
  findUser,
  findUsers,
  updateUser,
  type Account,
  type User,
} from './people.ts'
export {
  createProject,
  findProject,
  findProjects,
  holdProject,
  listProjects,
  markProjectDeleted,
  type Project,
} from './project.ts'
export { searchAccounts, type AccountPosition } from './searchAccounts.ts'
export {
  beginSession,
  endSession,
  endSessions,
  findSessions,
  isOpen,
  isSeenLongAgo,
  listSessions,
  noteSession,
  type Place,
  type Session,
} from './session.ts'
export { newSecret } from './secret.ts'
export {
  addPassword,
  changeEmail,
  changePassword,
  findPerson,
  proveLink,
  provePerson,
  resetPassword,
  signIn,
} from './signIn.ts'
export { askSignUp, endSignUp, findSignUp, type SignUp } from './signUp.ts'
export { setStaffRole } from './staffRole.ts'
export { findOpenView, openView, type View } from './view.ts'
