import {all} from './dom.js'

// A whole date pasted into the first of the three boxes (data-ngay) fills all
// of them; the server does the same with one that arrives in the first box.
export const birthDates = () => {
  for (const group of all('[data-ngay]')) {
    const boxes = all('input', group)
    boxes[0].addEventListener('paste', (event) => {
      const parts = (event.clipboardData.getData('text').match(/\d+/g) || [])
      if (parts.length !== 3) return
      if (parts[0].length === 4) parts.reverse()
      event.preventDefault()
      boxes.forEach((box, i) => {
        box.value = parts[i]
        box.dispatchEvent(new Event('input', {bubbles: true}))
      })
      boxes[2].focus()
    })
  }
}
