import {all} from './dom.js'

const cap = 5000

// On the page after a sign-out (data-khungs) each frame loads the address that
// ends one service's session, for five seconds at most; then data-tiep is
// followed. What a frame of another origin shows cannot be seen, only that it
// has loaded.
export const frames = () => {
  for (const list of all('[data-khungs]')) {
    const waits = all('iframe', list).map((frame) => new Promise((done) => {
      const out = frame.parentElement.querySelector('span')
      const end = (text) => {
        if (!out.textContent) out.textContent = ': ' + text
        done()
      }
      frame.addEventListener('load', () => frame.src && end(list.dataset.xong))
      setTimeout(() => end(list.dataset.cham), cap)
      frame.src = frame.dataset.khung
    }))
    const next = document.querySelector('[data-tiep]')
    // A second more, so that the result can be read.
    if (next) Promise.all(waits).then(() => setTimeout(() => location.replace(next.href), 1000))
  }
}
