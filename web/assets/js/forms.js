import {all} from './dom.js'

const guard = 5000

export const forms = () => {
  summary()
  fragmentCode()
  addEventListener('submit', once)
  addEventListener('pageshow', (event) => {
    for (const form of all('form[data-gui]')) delete form.dataset.gui
    // The back button must not show a signed-in person's page from memory.
    if (event.persisted && 'rieng' in document.body.dataset) location.reload()
  })
}

// The summary of errors takes the focus and leads to the fields.
const summary = () => {
  const box = document.querySelector('.ds-error-summary')
  if (!box) return
  box.focus()
  box.addEventListener('click', (event) => {
    const link = event.target.closest('a[href^="#"]')
    const field = link && document.getElementById(link.hash.slice(1))
    if (!field) return
    event.preventDefault()
    field.focus()
    field.scrollIntoView({block: 'center'})
  })
}

// A second press within five seconds is the same press. Nothing is disabled:
// a disabled field is not sent, and a stuck one could not be sent again.
const once = (event) => {
  const form = event.target
  if (form.dataset.gui) return event.preventDefault()
  form.dataset.gui = '1'
  setTimeout(() => { delete form.dataset.gui }, guard)
}

// An activation link carries its code after "#", which no server and no log
// sees; data-manh marks the field that takes it.
const fragmentCode = () => {
  const field = document.querySelector('[data-manh]')
  if (!field || !location.hash) return
  const code = new URLSearchParams(location.hash.slice(1)).get(field.dataset.manh)
  if (!code) return
  if (!field.value) field.value = code
  history.replaceState(null, '', location.pathname + location.search)
}
