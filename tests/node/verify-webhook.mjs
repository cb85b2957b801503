// Verifies messages with the Standard Webhooks library of npm. The plan: { messages: [{ secret, headers, body }] }.
import { Webhook } from 'standardwebhooks'

import { answer, readPlan } from './plan.mjs'

const { messages } = await readPlan()
const answers = messages.map(({ secret, headers, body }) => {
  try {
    return { type: new Webhook(secret).verify(body, headers).type }
  } catch (fault) {
    return { refused: fault.name }
  }
})
answer({ answers })
