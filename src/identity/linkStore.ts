import type { Tx } from '../base/index.ts'
import type { Link } from './link.ts'

const LINK = `purpose, about, email, created_at as "createdAt", expires_at as "expiresAt", used_at as "usedAt", used_by as "usedBy"`

export async function insertLink(tx: Tx, link: Link, hash: string): Promise<void> {
  await tx.query(
    {
      text: `insert into link (token_hash, purpose, about, email, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)`,
    },
    [hash, link.purpose, link.about, link.email, link.createdAt, link.expiresAt],
  )
}

export async function readLink(tx: Tx, hash: string): Promise<Link | undefined> {
  const [link] = await tx.query<Link>({ text: `select ${LINK} from link where token_hash = $1` }, [hash])
  return link
}

export async function useLink(tx: Tx, hash: string, by: string): Promise<Link | undefined> {
  const [link] = await tx.query<Link>(
    {
      text: `update link set used_at = $2, used_by = $3
        where token_hash = $1 and expires_at > $2 and (used_at is null or used_by = $3) returning ${LINK}`,
    },
    [hash, tx.now, by],
  )
  return link
}

export async function useLinksAbout(tx: Tx, { purpose, about }: Link, by: string): Promise<void> {
  await tx.query(
    { text: `update link set used_at = $3, used_by = $4 where purpose = $1 and about = $2 and used_at is null` },
    [purpose, about, tx.now, by],
  )
}

export async function deleteOldLinks(tx: Tx): Promise<void> {
  await tx.query({ text: 'delete from link where expires_at <= $1' }, [tx.now])
}
