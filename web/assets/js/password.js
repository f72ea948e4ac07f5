import {all, say} from './dom.js'

// A show button in every password field. The field is a password again when
// its form is sent, so that no browser remembers it as plain text.
export const passwords = (root = document) => {
  const {mkHien: show, mkAn: hide, mkDangHien: shown, mkDangAn: hidden} = document.documentElement.dataset
  if (!show) return
  for (const box of all('.t-mk', root)) {
    const input = box.querySelector('input')
    const label = document.querySelector(`label[for="${input.id}"]`)
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 't-mk__hien'
    button.setAttribute('aria-controls', input.id)
    const set = (visible) => {
      input.type = visible ? 'text' : 'password'
      button.textContent = visible ? hide : show
      button.setAttribute('aria-label', `${button.textContent}: ${label.textContent}`)
    }
    set(false)
    button.addEventListener('click', () => {
      const visible = input.type === 'password'
      set(visible)
      say(visible ? shown : hidden)
    })
    input.form.addEventListener('submit', () => set(false))
    input.autocapitalize = 'none'
    input.spellcheck = false
    box.append(button)
  }
}
