// A token that a service gets for itself.
export async function machineToken(issuer) {
  const basic = btoa('nightly-report:demo-secret-of-nightly-report-change-me')
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  return (await response.json()).access_token
}

export const bearer = (token) => ({ authorization: `Bearer ${token}` })
