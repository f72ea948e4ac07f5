import {all} from './dom.js'

const every = 2000

// data-hoi asks for the state of the message until it ends, the tab is hidden,
// or the answers fail. The element is role="status": its text is replaced only
// when it changes, so each phase is spoken once.
export const delivery = () => {
  const box = document.querySelector('[data-hoi]')
  if (!box) return
  const text = box.querySelector('span')
  let failures = 0
  let timer
  const ask = async () => {
    timer = 0
    if (document.hidden) return
    try {
      const answer = await fetch(box.dataset.hoi, {headers: {Accept: 'application/json'}})
      if (!answer.ok) throw answer
      const state = await answer.json()
      failures = 0
      if (state.text && state.text !== text.textContent) {
        box.dataset.tt = state.state
        text.textContent = state.text
        if (state.state === 'hong') resendNow()
      }
      if (state.end) return document.removeEventListener('visibilitychange', again)
    } catch {
      if (++failures > 5) return
    }
    again()
  }
  const again = () => {
    if (!timer && !document.hidden) timer = setTimeout(ask, every)
  }
  document.addEventListener('visibilitychange', again)
  again()
}

// A message that could not be delivered leaves nothing to wait for.
const resendNow = () => {
  for (const waiting of all('[data-cho]')) {
    waiting.hidden = true
    waiting.closest('form').querySelector('[type="submit"]').hidden = false
  }
}
