import { expect, test } from 'vitest'
import { withParams } from '../../../src/core/base/query.ts'

const ADDED = [
  ['state', 'x y+z~é'],
  ['id', "a'(b)*"],
] as const
const TEXT = 'state=x%20y%2Bz~%C3%A9&id=a%27%28b%29%2A'
const APP = 'https://app.example.com/oauth'

test.each([
  [APP, `${APP}?${TEXT}`],
  ['https://app.example.com', `https://app.example.com?${TEXT}`],
  [`${APP}?`, `${APP}?${TEXT}`],
  [`${APP}?a=%20b&c=~&d=+&flag&e=&f=%7e`, `${APP}?a=%20b&c=~&d=+&flag&e=&f=%7e&${TEXT}`],
  [`${APP}?b=2&a=1&b=1`, `${APP}?b=2&a=1&b=1&${TEXT}`],
  [`${APP}?a[]=1&b=c/d:e;f,g'|"`, `${APP}?a[]=1&b=c/d:e;f,g'|"&${TEXT}`],
  [`${APP}?a=1&`, `${APP}?a=1&${TEXT}`],
  [`${APP}?a=1&&b`, `${APP}?a=1&&b&${TEXT}`],
  [`${APP}?a=b?c=d`, `${APP}?a=b?c=d&${TEXT}`],
  [`${APP}?sig=%E0%A4%A`, `${APP}?sig=%E0%A4%A&${TEXT}`],
  [`${APP}?a=1#top?x=1`, `${APP}?a=1&${TEXT}#top?x=1`],
  [`${APP}/./x//y?a=1#`, `${APP}/./x//y?a=1&${TEXT}#`],
  [`${APP}?stat%65=old&states=1&state&id=`, `${APP}?states=1&${TEXT}`],
  ['myapp://done', `myapp://done?${TEXT}`],
  ['myapp:done?flag#x', `myapp:done?flag&${TEXT}#x`],
  ['com.example.App:/Done?a=~', `com.example.App:/Done?a=~&${TEXT}`],
  ['http://[::1]:3000/x?~', `http://[::1]:3000/x?~&${TEXT}`],
  [
    'https://münchen.example/ä?ö=ü#ß',
    `https://xn--mnchen-3ya.example/%C3%A4?%C3%B6=%C3%BC&${TEXT}#%C3%9F`,
  ],
  // A browser resolves these relative to the page; a parser without a base reads them as absolute.
  ['https:app.example.com/oauth?~', `${APP}?~&${TEXT}`],
  ['https:///app.example.com/oauth?~', `${APP}?~&${TEXT}`],
  ['HTTPS://APP.example.com:443/oauth?~', `${APP}?~&${TEXT}`],
])('parameters are added to the URL %s, and the rest keeps its spelling', (url, expected) => {
  expect(withParams(url, ADDED)).toBe(expected)
})

test.each([APP, `${APP}?`, `${APP}?a=%20#x`])(
  'the URL %s stays unchanged if no parameters are added',
  (url) => {
    expect(withParams(url, [])).toBe(url)
  },
)
