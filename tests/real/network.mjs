// A Bluesky network (directory, personal data server, AppView) with a handful of invented people; prints one JSON line.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const require = createRequire(process.cwd() + '/')
const load = (name) => import(pathToFileURL(require.resolve(name)))
const { TestNetwork } = await load('@atproto/dev-env')
const { AtpAgent } = await load('@atproto/api')

const network = await TestNetwork.create({ dbPostgresSchema: 'real' })
const people = {}
const join = async (name, profile) => {
  const agent = new AtpAgent({ service: network.pds.url })
  await agent.createAccount({ handle: `${name}.test`, email: `${name}@mail.example`, password: 'not-secret' })
  await agent.upsertProfile(() => profile)
  people[name] = agent.session.did
  return agent
}
const hidden = { $type: 'com.atproto.label.defs#selfLabels', values: [{ val: '!no-unauthenticated' }] }
const tilda = await join('tilda', { displayName: 'Tilda Marwick', description: 'Nibs: https://nibs.example/' })
const wren = await join('wren', { displayName: 'Wren Halloway', description: 'Clocks' })
await join('hidden', { displayName: 'Hidden', labels: hidden })
await join('shy', { displayName: 'Shy', description: 'please #nobot' })
const off = await join('off', { displayName: 'Off' })
const wishes = await join('wishes', { displayName: 'Wishes' })
const intents = 'org.user-intents.declaration'
await wishes.com.atproto.repo.createRecord({
  repo: people.wishes, collection: intents, rkey: 'self', validate: false,
  record: { $type: intents, updatedAt: new Date().toISOString(), bulkDataset: { allow: false, updatedAt: new Date().toISOString() } },
})
const first = await tilda.post({ text: 'A stub nib, ground at home.' })
for (let n = 0; n < 4; n++) await tilda.post({ text: `Ink swatch ${n}` })
const answer = await wren.post({ text: 'Lovely line.', reply: { root: first, parent: first } })
await tilda.post({ text: 'Thank you!', reply: { root: first, parent: answer } })
await wren.like(first.uri, first.cid)
await wren.follow(people.tilda)
await network.processAll()
await off.com.atproto.server.deactivateAccount({})
await network.processAll()
console.log(JSON.stringify({ appview: network.bsky.url, directory: network.plc.url, pds: network.pds.url, people }))
process.on('SIGTERM', () => process.exit(0))
