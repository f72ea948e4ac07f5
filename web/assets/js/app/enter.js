import {ask, post} from './api.js'
import {devices, forget, keep, newKey, publicKey, sign} from './keys.js'
import {pad} from './pad.js'
import {iphone, installed} from './install.js'
import {countdown, ending, fault, form, go, moment, put, sentence, show, trouble, variant, when} from './ui.js'

const proofOf = (pair, challenge) => sign(pair, 'motcua-device-v1\n' + challenge)

// me is what the server says of this browser, device the key in use, next what
// the person came for before having to sign in.
export const state = {me: {}, list: [], device: null, next: null}

// begin finds out where the person stands and goes there.
export const begin = async () => {
  try {
    state.list = await devices()
    state.me = await ask('toi')
  } catch (error) {
    return trouble(error, begin)
  }
  const {me, list} = state
  if (me.step === 'otp') return otp(me)
  if (me.step === 'enrol') return newPasscode()
  if (me.step === 'wait') return wait(me.waitUntil)
  if (me.signed) {
    state.device = list.find((d) => me.device && d.id === me.device.id)
    if (state.device) return inside()
    // The server knows a phone whose key this browser does not have (any more).
    return unknown('mat')
  }
  state.device = state.device && list.find((d) => d.id === state.device.id) || list[0]
  return state.device ? passcode() : activate()
}

// inside goes on with what the person came for.
const inside = () => {
  const next = state.next || 'chu'
  state.next = null
  keep(state.device)
  return typeof next === 'function' ? next() : go(next)
}

export const unknown = (why, back) => show('chua-kich-hoat', (o) => {
  variant(why)
  o('iphone').hidden = !iphone || installed()
  if (back) o('mat-khau').href = back
})

const activate = (text) => show('kich-hoat', (o) => {
  o('iphone').hidden = !iphone || installed()
  o('cai').hidden = installed() || !o('iphone').hidden
  o('khac').hidden = !state.list.length
  form(o, async ({ten, mk}) => {
    otp(await post('vao', {ten, mk}))
  }, text)
})

const otp = (sent) => show('otp', (o) => {
  put(o, {duoi: ending(sent.phone)})
  const stops = []
  const end = () => stops.splice(0).forEach((s) => s())
  const count = ({left, resend, resendIn}) => {
    end()
    o('han').hidden = !left
    stops.push(countdown(o('dem'), Date.now() + left * 1000, () => { o('han').hidden = true }))
    o('cho-gui').hidden = !resend
    o('gui').hidden = true
    if (!resend) return
    stops.push(countdown(o('dem-gui'), Date.now() + resendIn * 1000, () => {
      o('cho-gui').hidden = true
      o('gui').hidden = false
    }))
  }
  o('gui').addEventListener('click', async () => {
    try {
      const answer = await post('otp/gui-lai')
      fault(o('loi'), '')
      count(answer)
    } catch (error) {
      if (error.error === 'over') return activate(error.text)
      fault(o('loi'), sentence(error))
    }
  })
  form(o, async ({ma}) => {
    let answer
    try {
      answer = await post('otp', {ma: ma.replace(/\D/g, '')})
    } catch (error) {
      if (error.error === 'over') return activate(error.text)
      throw error
    }
    if (answer.step === 'wait') return wait(answer.until)
    return newPasscode()
  })
  count(sent)
  return end
})

const wait = (until) => show('cho', (o) => put(o, {luc: moment(until)}))

const newPasscode = (text) => show('mat-ma-moi', (o) => {
  fault(o('loi'), text)
  return pad(o, (pin) => repeatPasscode(pin))
})

const repeatPasscode = (pin) => show('mat-ma-lai', (o) => {
  const differ = o('khac').textContent
  return pad(o, async (again) => {
    if (again !== pin) return newPasscode(differ)
    try {
      await enrol(pin)
    } catch (error) {
      if (error.error === 'offline') throw error
      return newPasscode(error.text)
    }
    return begin()
  })
})

// enrol makes the key of this phone and tells the server its public half.
const enrol = async (pin) => {
  const key = await newKey()
  const {challenge} = await ask('toi')
  const {device} = await post('kich-hoat', {passcode: pin, key: await publicKey(key), proof: await proofOf(key, challenge)})
  const me = await ask('toi')
  for (const old of state.list) {
    if (old.tail === me.tail && old.name === me.name) await forget(old.id)
  }
  state.device = {id: device, key, name: me.name, tail: me.tail}
  await keep(state.device)
  // Without it a browser may drop the key when space is short.
  if (navigator.storage && navigator.storage.persist) navigator.storage.persist()
}

const passcode = () => show('mat-ma', (o) => {
  const {device} = state
  put(o, {duoi: device.tail})
  return pad(o, async (pin) => {
    try {
      const {challenge} = await post('thu-thach')
      await post('mo', {device: device.id, passcode: pin, challenge, proof: await proofOf(device.key, challenge)})
    } catch (error) {
      if (error.error === 'locked') return activate(error.text)
      if (error.error !== 'not_activated') throw error
      await forget(device.id)
      return unknown('mat')
    }
    return begin()
  })
})

// forgotten shows the server this phone's key, without a passcode: who then
// knows password and code may choose a new one at once, without the wait of a
// phone that replaces another.
const forgotten = async () => {
  const {device} = state
  try {
    const {challenge} = await post('thu-thach')
    await post('mo', {device: device.id, passcode: '', challenge, proof: await proofOf(device.key, challenge)})
  } catch (error) {
    if (error.error === 'offline') return trouble(error, forgotten)
  }
  activate()
}

const accounts = () => show('tai-khoan', (o) => {
  const line = o('dong')
  for (const device of state.list) {
    const copy = line.cloneNode(true)
    copy.querySelector('[data-o="ten"]').textContent = device.name
    copy.querySelector('[data-o="duoi"]').textContent = device.tail
    copy.querySelector('button').addEventListener('click', () => change(device))
    o('danh-sach').append(copy)
  }
  line.remove()
})

// change leaves the present account before another one opens.
const change = async (device) => {
  if (state.me.signed && state.device === device) return go('chu')
  await leave()
  state.device = device
  passcode()
}

export const leave = async () => {
  if (!state.me.signed) return
  state.me = {}
  try {
    await post('ra')
  } catch {
    // The server ends the session by itself soon.
  }
}

when('dau', begin)
when('lai', begin)
when('kich-hoat', async () => {
  await leave()
  activate()
})
when('mat-ma-moi', newPasscode)
when('mat-ma', () => passcode())
when('quen', () => show('quen'))
when('dat-lai', forgotten)
when('tai-khoan', accounts)
when('ra', async () => {
  await leave()
  begin()
})
