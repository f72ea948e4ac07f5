export const all = (selector, root = document) => [...root.querySelectorAll(selector)]

// clock writes seconds as 2:12.
export const clock = (seconds) => {
  const s = Math.max(0, Math.ceil(seconds))
  return Math.floor(s / 60) + ':' + String(s % 60).padStart(2, '0')
}

let live
// say lets a screen reader speak once. The region stands in the page before
// its text changes, or nothing would be read.
export const say = (text) => {
  if (!text) return
  if (!live) {
    live = document.createElement('p')
    live.className = 't-an'
    live.setAttribute('role', 'status')
    document.querySelector('main').append(live)
  }
  setTimeout(() => { live.textContent = text }, 100)
}
