import {all, clock} from './dom.js'

// The QR panel of the sign-in page. An attempt is made by POST, never by
// looking; its state is asked every two seconds, every second once scanned, and
// not at all while the tab is hidden.
const calm = 2000
const eager = 1000
const live = ['waiting', 'scanned']
const mostFailures = 5
const renewals = 10

const panel = document.querySelector('[data-qr]')
const part = (name, root = panel) => root.querySelector(`[data-o="${name}"]`)
const request = 'yc=' + panel.dataset.qr

let state
let timer
let running = false
let failures = 0
let renewed = 0

// put changes the sentence that is spoken and what stands below it only when
// the state is another.
const put = (answer) => {
  if (answer.state !== state) {
    state = answer.state
    const [said, rest] = panel.querySelector(`[data-tt="${state}"]`).content.cloneNode(true).children
    part('cau').replaceChildren(...said.childNodes)
    part('them').replaceChildren(...rest.childNodes)
    part('khung').hidden = !(part('hinh').firstChild && state !== 'approved')
    part('khung').classList.toggle('t-mo', state !== 'waiting')
    for (const place of all('[data-o="so"]', panel)) place.textContent = answer.number || ''
    if (part('moi')) part('moi').addEventListener('click', () => make())
    if (part('huy')) part('huy').addEventListener('click', cancel)
  }
  if (answer.svg) {
    const svg = new DOMParser().parseFromString(answer.svg, 'image/svg+xml').documentElement
    part('hinh').replaceChildren(document.importNode(svg, true))
    part('khung').hidden = false
  }
  if (part('ma') && answer.code) part('ma').textContent = answer.code.replace(/(\d{3})(?=\d)/g, '$1 ')
  if (part('con')) part('con').textContent = clock(answer.left)
  if (part('hai')) part('hai').hidden = !answer.second
  if (part('vi')) part('vi').textContent = answer.text || ''
}

const call = async (method, path) => {
  const answer = await fetch(method === 'GET' ? `${path}?${request}` : path, {
    method, headers: {Accept: 'application/json'}, ...(method === 'POST' && {body: new URLSearchParams(request)}),
  })
  const body = await answer.json()
  if (answer.status === 429) return {state: 'many', text: body.text}
  if (!body.state) throw answer
  return body
}

const follow = (answer) => {
  failures = 0
  if (answer.state === 'cancelled') return make()
  // A code that nobody scanned is renewed a few times, then only on demand.
  if (answer.state === 'expired' && answer.renew && renewed < renewals) {
    renewed++
    return make(true)
  }
  put(answer)
  if (answer.state === 'approved') return part('xong').submit()
  running = live.includes(answer.state)
  plan(answer.state === 'scanned' ? eager : calm)
}

const attempt = async (method, path) => {
  clearTimeout(timer)
  timer = 0
  try {
    follow(await call(method, path))
  } catch {
    if (++failures >= mostFailures) {
      running = false
      return put({state: 'offline'})
    }
    plan(calm * failures)
  }
}

const make = (again) => {
  if (!again) renewed = 0
  running = true
  return attempt('POST', '/qr')
}
const cancel = () => attempt('POST', '/qr/huy')

const plan = (pause) => {
  clearTimeout(timer)
  timer = running && !document.hidden ? setTimeout(attempt, pause, 'GET', '/qr') : 0
}

const begin = () => {
  panel.hidden = false
  document.addEventListener('visibilitychange', () => plan(0))
  addEventListener('online', () => {
    if (state === 'offline') make()
  })
  addEventListener('pageshow', (event) => {
    if (event.persisted) plan(0)
  })
  make()
}

// A phone does not scan its own screen: it opens the app, which comes back with
// a mark in the address when the sign-in was approved there.
const onPhone = () => {
  const offer = document.querySelector('[data-qr-may]')
  offer.hidden = false
  panel.hidden = true
  offer.querySelector('[data-qr-khac]').addEventListener('click', () => {
    offer.querySelector('[data-qr-khac]').hidden = true
    begin()
    panel.scrollIntoView()
  })
  if (location.hash !== '#ung-dung') return
  history.replaceState(null, '', location.pathname + location.search)
  attempt('GET', '/qr').then(() => { panel.hidden = state !== 'approved' })
}

const phone = matchMedia('(pointer: coarse)').matches && /Android|iPhone|iPod|Mobile/.test(navigator.userAgent)
if (phone) onPhone()
else begin()
