import {all} from './dom.js'

// The officers' screen locks over the page (#khoa): what was typed stays on it,
// hidden, until the password is given. Every tab of the same officer opens
// again with it. Without script the server asks at the next request.
export const lock = () => {
  const dialog = document.getElementById('khoa')
  if (!dialog) return
  const form = dialog.querySelector('form')
  const field = form.querySelector('[type="password"], [name="mk"]')
  const trouble = form.querySelector('.ds-alert')
  const tell = (text) => {
    trouble.hidden = !text
    trouble.querySelector('p').textContent = text || ''
  }
  const close = () => {
    delete document.body.dataset.khoa
    tell('')
    field.value = ''
    if (dialog.open) dialog.close()
  }
  const open = () => {
    if ('khoa' in document.body.dataset) return
    document.body.dataset.khoa = ''
    for (const other of all('dialog[open]')) other.close()
    for (const menu of all('details[open]')) menu.open = false
    dialog.showModal()
    field.focus()
  }
  addEventListener('motcua:khoa', open)
  addEventListener('motcua:mo', close)
  dialog.addEventListener('cancel', (event) => event.preventDefault())
  // A browser closes a dialog at the second Escape whatever the page says.
  dialog.addEventListener('close', () => {
    if ('khoa' in document.body.dataset) dialog.showModal()
  })

  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    let answer
    try {
      answer = await fetch(form.action, {method: 'POST', headers: {Accept: 'application/json'}, body: new URLSearchParams(new FormData(form))})
      const told = await answer.json()
      if (told.to) return location.assign(told.to)
      if (!told.left) {
        tell(told.text)
        field.value = ''
        return field.focus()
      }
      dispatchEvent(new CustomEvent('motcua:mo', {detail: told.left}))
    } catch {
      form.submit() // not ours to understand: the page without script answers
    } finally {
      delete form.dataset.gui
    }
  })
  for (const press of all('form[action="/hethong/khoa"]')) {
    press.addEventListener('submit', async (event) => {
      event.preventDefault()
      open()
      dispatchEvent(new CustomEvent('motcua:het'))
      await fetch(press.action, {method: 'POST', headers: {Accept: 'application/json'}, body: new URLSearchParams(new FormData(press))}).catch(() => {})
      delete press.dataset.gui
    })
  }
}

// An open account menu closes with Escape and with a press beside it.
export const menus = () => {
  for (const menu of all('details.t-tk')) {
    addEventListener('click', (event) => { if (!menu.contains(event.target)) menu.open = false })
    menu.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !menu.open) return
      menu.open = false
      menu.querySelector('summary').focus()
    })
  }
}
