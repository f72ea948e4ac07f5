// The phone app: one page whose screens are templates. Every text comes from
// the page or from the server.
import {begin, state, unknown} from './enter.js'
import {devices, usable} from './keys.js'
import {sameDevice} from './scan.js'
import {listen, main, show} from './ui.js'
import './home.js'

const request = /^[0-9a-f-]{36}$/

const start = async () => {
  listen()
  if (!usable()) return show('khong-dung')
  const asked = new URLSearchParams(location.search).get('yc')
  const scanned = location.pathname === '/app/q'
  // Neither a request nor a scanned code stays in the address.
  history.replaceState(null, '', '/app/')
  let known
  try {
    known = (await devices()).length > 0
  } catch {
    return show('khong-dung')
  }
  // A code that came by another way than this app's scanner is never used: a
  // link that somebody sent could be one.
  if (scanned) return known ? show('tu-camera') : unknown('ma')
  if (asked && request.test(asked)) {
    if (!known) return unknown('cung-may', '/dang-nhap?yc=' + asked)
    state.next = sameDevice(asked)
  }
  begin()
}

// copy is for the page inside other apps, which has nothing else.
const copy = () => {
  const button = document.querySelector('[data-chep]')
  if (!button || !navigator.clipboard) return
  const said = document.querySelector('[data-da-chep]')
  button.hidden = false
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.chep).textContent)
    said.textContent = said.dataset.daChep
  })
}

if (main) start()
else copy()
