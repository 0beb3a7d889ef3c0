// Calls the provider's API. After a 401, reports the token and tries once more with a newer one.
const { LARDER_URL, LARDER_API_KEY } = process.env

async function getToken(connectionId, rejected) {
  const url = new URL(`${LARDER_URL}/v1/connections/${connectionId}/token`)
  if (rejected !== undefined) url.searchParams.set('rejected', rejected)
  const answer = await fetch(url, { headers: { Authorization: `Bearer ${LARDER_API_KEY}` } })
  const body = await answer.json()
  if (!answer.ok) throw new Error(`${body.code}: ${body.detail}`)
  return body
}

async function callProvider(connectionId, url) {
  const ask = ({ header }) => fetch(url, { headers: { [header.name]: header.value } })
  const token = await getToken(connectionId)
  const answer = await ask(token)
  if (answer.status !== 401) return answer
  return ask(await getToken(connectionId, token.tokenId))
}

const [connectionId, url] = process.argv.slice(2)
const answer = await callProvider(connectionId, url)
console.log(answer.status, await answer.text())
