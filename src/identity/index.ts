export { identityInvariants } from './invariants.ts'
export {
  createKey,
  findKey,
  isUsable,
  listKeys,
  noteKeyUse,
  revokeKey,
  type ApiKey,
  type KeyInput,
  type KeyScope,
} from './key.ts'
export {
  findDeletions,
  findKnownUsers,
  findNamed,
  findPayers,
  findUserByEmail,
  listAccounts,
  searchUsers,
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
  type Member,
  type MemberInput,
  type Role,
} from './member.ts'
export {
  blockAccount,
  createAccount,
  createUser,
  findAccount,
  findUser,
  findUsers,
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
