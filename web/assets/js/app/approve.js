import {ask, post} from './api.js'
import {state, unknown} from './enter.js'
import {sign} from './keys.js'
import {pad} from './pad.js'
import {countdown, ending, form, go, moment, put, show, trouble, variant} from './ui.js'

const closeAfter = 60 * 1000
const lookEvery = 2000

// approve asks whether a sign-in is the person's own. Only the number on the
// other screen, the passcode and this phone's key together say yes. back is the
// sign-in page when it stands in this same browser.
export const approve = (attempt, back) => {
  const end = Date.now() + attempt.left * 1000
  const given = {attempt: attempt.attempt, number: '', passcode: '', otp: ''}
  const late = () => show('het-gio')
  let busy = false
  // once lets one answer go out: a second press is the same press.
  const once = async (work) => {
    if (busy) return
    busy = true
    try {
      await work()
    } finally {
      busy = false
    }
  }
  const refusals = (o) => {
    o('tu-choi').addEventListener('click', () => once(() => refuse(false)))
    if (o('khong-phai')) o('khong-phai').addEventListener('click', () => once(() => refuse(true)))
  }

  const refuse = async (notMe) => {
    try {
      await post('tu-choi', {attempt: attempt.attempt, notMe})
      show(notMe ? 'da-chan' : 'da-tu-choi')
    } catch (error) {
      if (error.error === 'offline') return trouble(error, () => refuse(notMe))
      ended(error)
    }
  }

  const question = () => show('xac-nhan', (o) => {
    put(o, {'dich-vu': attempt.service, 'dia-chi': attempt.host, may: attempt.agent, noi: attempt.place, luc: moment(attempt.time)})
    const numbers = attempt.numbers || []
    for (const number of numbers) {
      const button = document.createElement('button')
      button.className = 'ds-button'
      button.type = 'button'
      button.dataset.variant = 'secondary'
      button.textContent = number
      button.addEventListener('click', () => once(() => chosen(number)))
      o('ba-so').append(button)
    }
    variant(numbers.length ? 'so' : 'cung-may')
    o('so').hidden = !numbers.length
    o('dong-y').hidden = numbers.length > 0
    o('dong-y').addEventListener('click', () => once(() => chosen('')))
    refusals(o)
    const stopCount = countdown(o('dem'), end, late)
    const stopWatch = watch(o)
    return () => {
      stopCount()
      stopWatch()
    }
  })

  // watch tells of what happens to the attempt elsewhere: another phone that
  // scanned the same code, a sign-in page that was closed.
  const watch = (o) => {
    const look = async () => {
      try {
        const now = await ask('yeu-cau?attempt=' + encodeURIComponent(attempt.attempt))
        if (!o('hai')) return
        o('hai').hidden = !now.second
        if (now.state !== 'scanned') return late()
      } catch (error) {
        if (o('hai') && error.error === 'over') return late()
      }
      if (o('hai')) timer = setTimeout(look, lookEvery)
    }
    let timer = setTimeout(look, lookEvery)
    return () => clearTimeout(timer)
  }

  const chosen = (number) => {
    given.number = number
    if (attempt.otp) return code()
    return attempt.fresh ? send().catch(ended) : passcode()
  }

  const code = (text) => show('xn-otp', (o) => {
    put(o, {duoi: ending(state.me.phone)})
    form(o, async ({ma}) => {
      given.otp = ma.replace(/\D/g, '')
      if (!attempt.fresh && !given.passcode) return passcode()
      await send().catch(ended)
    }, text)
    refusals(o)
    return countdown(o('dem'), end, late)
  })

  const passcode = () => show('xn-mat-ma', (o) => {
    put(o, {'dich-vu': attempt.service})
    refusals(o)
    const stop = pad(o, async (pin) => {
      given.passcode = pin
      try {
        await send()
      } catch (error) {
        if (['wrong_passcode', 'offline'].includes(error.error)) throw error
        ended(error)
      }
    })
    const timer = setTimeout(late, Math.max(0, end - Date.now()))
    return () => {
      stop()
      clearTimeout(timer)
    }
  })

  // The signature is over the text that the server made of what was shown here,
  // and over the number.
  const send = async () => {
    const signature = await sign(state.device.key, attempt.shown + '\n' + given.number)
    const answer = await post('duyet', {...given, signature})
    if (back) return returnTo(back)
    if (answer.recovery) return done('xong-mk')
    done('xong', answer.service || attempt.service)
  }

  const ended = (error) => {
    switch (error.error) {
      case 'wrong_otp': return code(error.text)
      case 'wrong_passcode': case 'need_passcode': return passcode()
      case 'over': return late()
      case 'not_activated': return unknown('mat')
      case 'offline': return trouble(error, question)
      default: return trouble(error)
    }
  }

  question()
}

// done is the notice of the guide: Đóng signs the app out; not pressed, the app
// does it by itself.
const done = (screen, service) => show(screen, (o) => {
  if (service) put(o, {'dich-vu': service})
  const close = async () => {
    stop()
    await signOut()
    go('dau')
  }
  const stop = countdown(o('dem'), Date.now() + closeAfter, close, (left) => String(Math.ceil(left)))
  o('dong').addEventListener('click', close, {once: true})
  return stop
})

const signOut = async () => {
  state.me = {}
  try {
    await post('dong')
  } catch {
    // The server ends the session by itself after the same time.
  }
}

const returnTo = async (address) => {
  await signOut()
  location.replace(address + '#ung-dung')
}
