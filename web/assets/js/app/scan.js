import {post} from './api.js'
import {approve} from './approve.js'
import {dark, start, stop} from './camera.js'
import {decode} from './decode.js'
import {state, unknown} from './enter.js'
import {form, go, sentence, show, trouble, variant, when} from './ui.js'

const pause = 120
const darkFor = 3000

// A sign-in code is an address of this site; anything else is not sent.
const ours = (text) => text.startsWith(location.origin + '/app/q#')

const scan = () => show('quet', (o) => {
  const video = o('hinh')
  const say = (part) => {
    const text = o(part) ? o(part).textContent : part
    if (o('cau').textContent !== text) o('cau').textContent = text
  }
  const aim = o('cau').textContent
  let alive = true
  let lightAt = Date.now()
  let round = 0
  const look = async () => {
    if (!alive || !video.srcObject) return
    const text = await decode(video, round++ % 2 === 0)
    if (!alive) return
    if (ours(text)) return take(text)
    if (text) say('la')
    else if (round % 4 === 0) watchLight()
    setTimeout(look, pause)
  }
  const watchLight = () => {
    if (!dark(video)) lightAt = Date.now()
    if (Date.now() - lightAt > darkFor) say('den')
    else if (o('cau').textContent === o('den').textContent) say(aim)
  }
  const open = async () => {
    say('dang-mo')
    try {
      await start(video)
    } catch (reason) {
      if (alive) failed(reason)
      return
    }
    if (!alive) return stop(video)
    say(aim)
    lightAt = Date.now()
    look()
  }
  const take = async (text) => {
    try {
      const attempt = await post('quet', {text})
      if (alive) approve(attempt)
    } catch (error) {
      if (!alive) return
      // Between two changes of the code a camera sees the old one: look again.
      if (error.error === 'stale_code' || error.error === 'bad_text') {
        say(sentence(error))
        setTimeout(look, 600)
        return
      }
      refused(error, scan)
    }
  }
  // A phone stops the camera of a hidden page and may give a black picture
  // afterwards; begin anew.
  const visible = () => {
    stop(video)
    if (!document.hidden) open()
  }
  document.addEventListener('visibilitychange', visible)
  open()
  return () => {
    alive = false
    document.removeEventListener('visibilitychange', visible)
    stop(video)
  }
})

const failed = (reason) => show('khong-camera', (o) => {
  variant(reason)
  o('anh').addEventListener('change', async (event) => {
    const [file] = event.target.files
    if (!file) return
    o('loi').textContent = ''
    try {
      const picture = await createImageBitmap(file)
      const text = await decode(picture) || await decode(picture, true)
      if (!ours(text)) throw {text: o('khong-thay').textContent}
      approve(await post('quet', {text}))
    } catch (error) {
      event.target.value = ''
      if (o('loi')) o('loi').textContent = error.text || o('khong-thay').textContent
    }
  })
})

const typed = () => show('ma9', (o) => {
  const field = o('mau').querySelector('input')
  const nine = o('du').textContent
  field.addEventListener('input', () => {
    const threes = field.value.replace(/\D/g, '').slice(0, 9).replace(/(\d{3})(?=\d)/g, '$1 ')
    if (field.selectionStart === field.value.length) field.value = threes
  })
  form(o, async ({ma}) => {
    const digits = ma.replace(/\D/g, '')
    if (digits.length !== 9) throw {text: nine}
    try {
      approve(await post('ma9', {ma: digits}))
    } catch (error) {
      if (['unknown_code', 'too_many', 'offline', 'trouble'].includes(error.error)) throw error
      refused(error, typed)
    }
  })
  field.focus()
})

// refused tells why a scan or a code leads nowhere.
const refused = (error, again) => {
  if (error.error === 'not_activated') return unknown('mat')
  // One at a time: the earlier one has to be decided first.
  if (error.pending) return approve(error.pending)
  if (error.error === 'not_signed') {
    // Sign in to the app, then scan again.
    state.next = 'quet'
    return go('dau')
  }
  trouble(error, again)
}

// sameDevice goes on with the sign-in page of this browser.
export const sameDevice = (request) => async () => {
  try {
    approve(await post('cung-may', {yc: request}), '/dang-nhap?yc=' + request)
  } catch (error) {
    refused(error, error.error === 'offline' && sameDevice(request))
  }
}

when('quet', scan)
when('ma9', typed)
when('dau-quet', () => {
  state.next = 'quet'
  go('dau')
})
