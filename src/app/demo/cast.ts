import { derivedId } from '../../base/index.ts'
import type { Quantity } from '../../pricing/index.ts'

/** A price list like a real cloud's: machine types with and without GPUs, and queues of a shared cluster. In yuan. */
export const PRICES = {
  currency: 'CNY',
  machines: {
    c2_m4_cpu: '0.4',
    c4_m8_cpu: '0.8',
    c8_m16_cpu: '1.6',
    c16_m32_cpu: '3.2',
    c32_m64_cpu: '6.4',
    c64_m256_cpu: '16',
    'c8_m32_1 * NVIDIA T4': '4.2',
    'c12_m92_1 * NVIDIA V100': '9.9',
    'c32_m128_4 * NVIDIA V100': '38',
    'c16_m120_1 * NVIDIA A100': '19.5',
    'c64_m512_8 * NVIDIA H100': '238',
  },
  queues: {
    '*': { cpu_hour: '0.05' },
    cpu: { cpu_hour: '0.05' },
    bigmem: { cpu_hour: '0.06', gb_hour: '0.004' },
    v100: { cpu_hour: '0.05', gpu_hour: '4.5' },
    a100: { cpu_hour: '0.05', gpu_hour: '9' },
  },
  storage: { personal_gb_month: '0.2', project_gb_month: '0.2' },
}

/** What a project runs. */
export type Work = { sku: string; quantity: Quantity; hours: [number, number] }
export type CastProject = { name: string; members: readonly string[]; work: readonly Work[]; jobsADay: number }
export type CastAccount = {
  /** The owner's name, and the account's. */
  name: string
  email: string
  /** Yuan, and how many days after the beginning. */
  payments: readonly { amount: string; day: number; channel: string }[]
  grant?: { amount: string; day: number; lasts: number; note: string }
  projects: readonly CastProject[]
}

const CPU = (cpu: string, hours: [number, number]): Work => ({ sku: 'queue:cpu', quantity: { cpu }, hours })
const GPU = (queue: string, gpu: string, cpu: string, hours: [number, number]): Work => ({
  sku: `queue:${queue}`,
  quantity: { gpu, cpu },
  hours,
})

export const CAST: readonly CastAccount[] = [
  {
    name: 'Lin Yue 林悦',
    email: 'lin.yue@example.edu',
    payments: [
      { amount: '2000', day: 0, channel: 'transfer' },
      { amount: '1500', day: 17, channel: 'transfer' },
    ],
    projects: [
      {
        name: 'Battery electrolytes',
        members: ['Chen Mo 陈默', 'Sara Okafor'],
        work: [CPU('32', [0.5, 6]), GPU('v100', '1', '8', [1, 8]), GPU('v100', '2', '16', [0.3, 4])],
        jobsADay: 4,
      },
      {
        name: 'DP-GEN 水',
        members: ['Chen Mo 陈默'],
        work: [CPU('64', [0.2, 3]), GPU('a100', '1', '8', [0.5, 3])],
        jobsADay: 2,
      },
    ],
  },
  {
    name: 'Ada Keller',
    email: 'ada.keller@example.org',
    payments: [{ amount: '800', day: 1, channel: 'transfer' }],
    grant: { amount: '200', day: 2, lasts: 45, note: 'Winter school' },
    projects: [
      {
        name: 'Protein folding',
        members: ['Li Wei 李伟', 'Tomás Herrera'],
        work: [
          GPU('a100', '1', '12', [0.3, 2]),
          { sku: 'queue:bigmem', quantity: { cpu: '8', gb: '256' }, hours: [0.5, 5] },
        ],
        jobsADay: 3,
      },
    ],
  },
  {
    name: 'Zhang Hao 张昊',
    email: 'zhang.hao@example.edu',
    payments: [{ amount: '30', day: 9, channel: 'transfer' }],
    projects: [{ name: 'Thesis', members: [], work: [CPU('8', [0.2, 3])], jobsADay: 2 }],
  },
]

/** Of members who sign in as well: what one sees who only takes part. */
export const EMAILS: Readonly<Record<string, string>> = { 'Chen Mo 陈默': 'chen.mo@example.edu' }

/** A node that somebody forgot to stop. */
export const NODE = { account: CAST[0]!, project: CAST[0]!.projects[1]!, sku: 'machine:c2_m4_cpu', day: 3 }

export const ids = {
  account: (account: CastAccount) => derivedId('acct', 'demo', account.name),
  user: (name: string) => derivedId('user', 'demo', name),
  project: (project: CastProject) => derivedId('proj', 'demo', project.name),
}

/** Who may run something in a project. */
export function usersOf(account: CastAccount, project: CastProject): string[] {
  return [account.name, ...project.members]
}
