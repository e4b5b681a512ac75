export { identityInvariants } from './invariants.ts'
export { findNamed, listAccounts } from './lookup.ts'
export {
  addMember,
  findMember,
  listMembers,
  removeMember,
  setRole,
  type Member,
  type MemberInput,
  type Role,
} from './member.ts'
export { createAccount, createUser, findAccount, findUser, findUsers, type Account, type User } from './people.ts'
export {
  createProject,
  findProject,
  findProjects,
  holdProject,
  listProjects,
  markProjectDeleted,
  type Project,
} from './project.ts'
