import {all, clock} from './dom.js'

// The warning comes 150 s before the end (SES-01).
const warning = 150

// The dialog #phien says how long the session lives (data-con, seconds). Tabs
// of the same site tell each other when it was prolonged or ended.
export const idle = () => {
  const dialog = document.getElementById('phien')
  if (!dialog) return
  const part = (name) => dialog.querySelector(`[data-phien="${name}"]`)
  const form = dialog.querySelector('form')
  const screen = document.getElementById('khoa') // the officers' site locks
  const who = dialog.dataset.ai
  const tabs = 'BroadcastChannel' in window ? new BroadcastChannel('motcua-phien') : null
  let end
  let timer

  const prolong = (seconds) => {
    end = Math.max(end || 0, Date.now() + seconds * 1000)
    if (dialog.open) dialog.close()
    if (screen) dispatchEvent(new CustomEvent('motcua:mo'))
    plan()
  }
  const plan = () => {
    clearTimeout(timer)
    const left = (end - Date.now()) / 1000
    if (left <= 0) return finish()
    if (left <= warning) {
      part('dem').textContent = clock(left)
      if (!dialog.open) dialog.showModal()
    }
    timer = setTimeout(plan, left <= warning + 1 ? 250 : (left - warning) * 1000)
  }
  // What was typed stays on the page; a page without anything typed is loaded
  // again, so that nothing personal stays in view.
  const finish = () => {
    if (screen) return dispatchEvent(new CustomEvent('motcua:khoa'))
    const typed = all('form:not([method="dialog"]) :is(input:not([type="hidden"]), textarea)')
      .some((field) => field.value !== field.defaultValue)
    if (!typed) return location.reload()
    part('con').hidden = form.hidden = true
    part('het').hidden = false
    if (!dialog.open) dialog.showModal()
  }
  const proceed = async (event) => {
    event.preventDefault()
    let answer
    try {
      answer = await fetch(form.action, {method: 'POST', headers: {Accept: 'application/json'}})
    } catch {
      return // no network: the dialog stays and can be pressed again
    }
    if (!answer.ok || answer.redirected) return finish()
    const {left} = await answer.json()
    prolong(left)
    if (tabs) tabs.postMessage({left, who})
  }

  form.addEventListener('submit', proceed)
  dialog.addEventListener('cancel', (event) => {
    if (part('het').hidden) proceed(event)
  })
  addEventListener('motcua:mo', ({detail}) => {
    if (!detail) return
    prolong(detail)
    if (tabs) tabs.postMessage({left: detail, who})
  })
  addEventListener('motcua:het', () => {
    end = 0
    clearTimeout(timer)
    if (tabs) tabs.postMessage({locked: true, who})
  })
  if (tabs) {
    tabs.onmessage = ({data}) => {
      // Somebody else has signed in: this page is no longer for who sits here.
      if (data.who !== who) return location.reload()
      if (data.locked) {
        end = 0
        plan()
      }
      if (data.left) prolong(data.left)
      // The other tab's sign-out is on its way to the server.
      if (data.out) setTimeout(() => location.reload(), 2000)
    }
    for (const out of all('form[action="/dang-xuat"], form[action="/hethong/dang-xuat"]')) {
      out.addEventListener('submit', () => tabs.postMessage({out: true, who}))
    }
    tabs.postMessage({left: Number(dialog.dataset.con), who})
  }
  prolong(Number(dialog.dataset.con))
}
