import {all} from './dom.js'

const cap = 5000

// On the page after a sign-out (data-khungs) a frame of each service
// (data-khung) loads the address that ends its session, for five seconds at
// most; then data-tiep is followed. What a frame of another origin shows cannot
// be seen, only that it has loaded.
export const frames = () => {
  for (const list of all('[data-khungs]')) {
    const waits = all('[data-khung]', list).map((item) => new Promise((done) => {
      const out = item.querySelector('span')
      const end = (text) => {
        if (!out.textContent) out.textContent = ': ' + text
        done()
      }
      const frame = document.createElement('iframe')
      frame.hidden = true
      frame.title = item.textContent
      frame.sandbox = 'allow-scripts allow-same-origin'
      frame.addEventListener('load', () => end(list.dataset.xong))
      frame.src = item.dataset.khung
      setTimeout(() => end(list.dataset.cham), cap)
      item.append(frame)
    }))
    const next = document.querySelector('[data-tiep]')
    // A second more, so that the result can be read.
    if (next) Promise.all(waits).then(() => setTimeout(() => location.replace(next.href), 1000))
  }
}
