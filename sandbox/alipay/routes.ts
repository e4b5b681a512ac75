import type { FastifyInstance, FastifyReply } from 'fastify'
import { answer } from '../answer.ts'
import { readContent } from '../content.ts'
import { nonce } from '../draw.ts'
import { currentSigner } from '../identity.ts'
import type { Stand } from '../stand.ts'
import { serveBill } from './bill.ts'
import { CALLS } from './calls.ts'
import { signRsa2, textToSign, verifyRsa2 } from './sign.ts'

/** Alipay's V1 gateway: one address, a signed form in, a signed JSON text out. */
export function serveAlipay(http: FastifyInstance, stand: Stand): void {
  http.post<{ Querystring: Record<string, string>; Body: Buffer | undefined }>(
    '/gateway.do',
    async (request, reply) => {
      const form = Object.fromEntries(new URLSearchParams(request.body?.toString() ?? ''))
      const common: Record<string, string> = { ...request.query, ...form }
      const refused = judge(stand, common)
      if (refused) return say(stand, reply, 'error_response', refused)

      const { name, call } = CALLS[common.method!]!
      const content = readContent(common.biz_content)
      if (!content)
        return say(stand, reply, 'error_response', invalid('isv.invalid-parameter', '参数无效: biz_content'))
      const orders = [content.out_trade_no, content.trade_no].filter((each) => each !== undefined).map(String)
      return answer(
        stand,
        reply,
        { channel: 'alipay', orders, call: name },
        () => ({ status: 200, body: call(stand, content, common) }),
        ({ body }) => say(stand, reply, `${common.method!.replaceAll('.', '_')}_response`, body),
      )
    },
  )
  serveBill(http, stand)
}

/** Why a request is none; undefined for a good one. */
function judge(stand: Stand, common: Record<string, string>) {
  const { appId, appKey } = stand.identity.alipay
  if (!common.method || !(common.method in CALLS)) return invalid('isv.invalid-method', '不存在的方法名')
  if (common.app_id !== appId) return invalid('isv.invalid-app-id', '无效的AppID参数')
  if (common.sign_type !== 'RSA2') return invalid('isv.invalid-signature-type', '无效的签名类型')
  if (common.charset?.toLowerCase() !== 'utf-8') return invalid('isv.invalid-charset', '字符集错误')
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(common.timestamp ?? ''))
    return invalid('isv.invalid-timestamp', '非法的时间戳参数')
  if (!common.sign || !verifyRsa2(textToSign(common, ['sign']), common.sign, appKey))
    return invalid('isv.invalid-signature', '验签出错，建议检查签名字符串或签名私钥与应用公钥是否匹配')
  return undefined
}

function invalid(subCode: string, subMessage: string) {
  return { code: '40002', msg: 'Invalid Arguments', sub_code: subCode, sub_msg: subMessage }
}

/** The signature covers the inner object's text exactly as it stands in the reply. */
async function say(stand: Stand, reply: FastifyReply, name: string, body: unknown): Promise<FastifyReply> {
  const inner = JSON.stringify(body)
  const sign = await signRsa2(inner, currentSigner(stand.identity, 'alipay').privateKey)
  return reply.header('trace_id', nonce()).type('text/html;charset=utf-8').send(`{"${name}":${inner},"sign":"${sign}"}`)
}
