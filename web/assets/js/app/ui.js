import {all, clock} from '../dom.js'
import {passwords} from '../password.js'

// The screens are templates of the page, m-<name>; one at a time stands in
// <main>. A part with data-o is found by that name, a button with data-di
// leads to the screen or the action of that name.
export const main = document.querySelector('[data-ung-dung]')
const head = (id) => document.getElementById(id)
const actions = {}
let stop
let back

export const when = (name, action) => { actions[name] = action }
export const go = (name, ...rest) => actions[name](...rest)

// show puts up a screen. fill gets a finder of the screen's parts and may
// return what has to stop when the screen goes.
export const show = (name, fill) => {
  leave()
  const {content, dataset} = document.getElementById('m-' + name)
  main.className = 't-ud__than ' + (dataset.lop || '')
  main.removeAttribute('aria-busy')
  main.replaceChildren(content.cloneNode(true))
  head('ten-man').textContent = dataset.ten || main.dataset.ten
  head('duoi-ten').textContent = dataset.duoi || (dataset.ten ? '' : main.dataset.duoi)
  back = dataset.lui
  head('lui').hidden = !back
  document.querySelector('.t-ud__dau .t-bieutrung').toggleAttribute('hidden', Boolean(back))
  passwords(main)
  stop = fill && fill((part) => main.querySelector(`[data-o="${part}"]`))
  const title = main.querySelector('h1')
  document.title = `${title.textContent} – ${main.dataset.site}`
  scrollTo(0, 0)
  title.focus({preventScroll: true})
}

const leave = () => {
  if (typeof stop === 'function') stop()
  stop = undefined
}

export const listen = () => {
  head('lui').addEventListener('click', () => go(back))
  main.addEventListener('click', (event) => {
    const button = event.target.closest('[data-di]')
    if (button) go(button.dataset.di)
  })
  addEventListener('pagehide', leave)
}

// put fills several parts with text.
export const put = (o, texts) => {
  for (const [part, text] of Object.entries(texts)) {
    for (const place of all(`[data-o="${part}"]`, main)) place.textContent = text
  }
}

// variants shows the one of several sentences (data-vi) that fits.
export const variant = (which) => {
  for (const text of all('[data-vi]', main)) text.hidden = text.dataset.vi !== which
}

// fault writes a sentence into a live region; an empty one takes it away.
export const fault = (place, text) => {
  place.replaceChildren()
  if (!text) return
  const p = document.createElement('p')
  p.className = 'ds-validation-message'
  p.dataset.field = 'validation'
  p.textContent = text
  place.append(p)
}

// form sends a screen's form once at a time. What send throws is said at the
// field, which keeps what was typed.
export const form = (o, send, first = '') => {
  const field = o('mau').querySelector('input')
  const refuse = (text) => {
    fault(o('loi'), text)
    field.toggleAttribute('aria-invalid', Boolean(text))
    if (text) field.setAttribute('aria-invalid', 'true')
  }
  let busy = false
  o('mau').addEventListener('submit', async (event) => {
    event.preventDefault()
    if (busy) return
    busy = true
    refuse('')
    main.setAttribute('aria-busy', 'true')
    try {
      await send(Object.fromEntries(new FormData(event.target)))
    } catch (error) {
      if (field.isConnected && !signedOut(error)) {
        refuse(sentence(error))
        field.focus()
      }
    }
    busy = false
    if (field.isConnected) main.removeAttribute('aria-busy')
  })
  refuse(first)
}

// countdown writes the time until end (ms) and calls over when it has come.
// It is not spoken.
export const countdown = (place, end, over, write = clock) => {
  const tick = () => {
    const left = (end - Date.now()) / 1000
    place.textContent = write(Math.max(0, left))
    if (left > 0) return
    clearInterval(timer)
    over()
  }
  const timer = setInterval(tick, 250)
  place.textContent = write(Math.max(0, (end - Date.now()) / 1000))
  return () => clearInterval(timer)
}

// sentence is what a person reads of an error.
export const sentence = (error) => error.text || main.dataset.loi

// moment writes a time of the server as 09:41, 18/11/2026, Vietnamese time.
export const moment = (time) => {
  const zone = {timeZone: 'Asia/Ho_Chi_Minh'}
  return new Date(time).toLocaleTimeString('en-GB', {hour: '2-digit', minute: '2-digit', ...zone}) + ', ' + date(time)
}
export const date = (time) => new Date(time).toLocaleDateString('en-GB', {timeZone: 'Asia/Ho_Chi_Minh'})

// ending is the last three digits of a phone number.
export const ending = (phone) => String(phone || '').replace(/\D/g, '').slice(-3)

// trouble is the screen for what cannot be said at a field.
export const trouble = (error, again) => {
  if (signedOut(error)) return
  show('hong', (o) => {
    o('cau').textContent = sentence(error)
    o('tiep').hidden = !again
    if (again) o('tiep').addEventListener('click', () => again())
    else delete o('ve').dataset.variant
  })
}

// signedOut leads to the passcode when the session has ended meanwhile.
export const signedOut = (error) => {
  if (error.error !== 'not_signed') return false
  go('dau')
  return true
}
