// Makes a one-time link. Send the user's browser to the URL.
const { LARDER_URL, LARDER_API_KEY } = process.env

async function makeLink(userId, provider, redirectUrl) {
  const answer = await fetch(`${LARDER_URL}/v1/connect-links`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${LARDER_API_KEY}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ userId, provider, redirectUrl }),
  })
  const body = await answer.json()
  if (!answer.ok) throw new Error(`${body.code}: ${body.detail}`)
  return body.url
}

const [userId, provider, redirectUrl] = process.argv.slice(2)
console.log(await makeLink(userId, provider, redirectUrl))
