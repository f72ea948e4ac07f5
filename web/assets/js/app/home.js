import {ask, post} from './api.js'
import {leave, state, unknown} from './enter.js'
import {installed} from './install.js'
import {forget} from './keys.js'
import {pad} from './pad.js'
import {date, moment, put, show, trouble, when} from './ui.js'

const home = () => show('chu', (o) => {
  const {me} = state
  put(o, {ten: me.name, duoi: me.tail, tu: date(me.device.since)})
  o('cai').hidden = installed()
})

const thisDevice = () => show('thiet-bi', (o) => {
  const {me} = state
  put(o, {ten: me.name, duoi: me.tail, may: me.device.name, tu: moment(me.device.since)})
})

const unlink = () => show('huy', (o) => pad(o, async (pin) => {
  try {
    await post('huy-lien-ket', {passcode: pin})
  } catch (error) {
    if (error.error !== 'not_activated') throw error
  }
  await forget(state.device.id)
  state.device = null
  await leave()
  show('da-huy')
}))

const history = async () => {
  let list
  try {
    list = await ask('lich-su')
  } catch (error) {
    if (error.error === 'not_activated') return unknown('mat')
    return trouble(error, history)
  }
  show('lich-su', (o) => {
    const line = o('dong')
    for (const entry of list) {
      const copy = line.cloneNode(true)
      const part = (name) => copy.querySelector(`[data-o="${name}"]`)
      part('dich-vu').textContent = entry.service
      part('luc').textContent = moment(entry.at)
      part('noi').textContent = [entry.agent, entry.place, entry.how].filter(Boolean).join(' · ')
      part('song').hidden = !entry.live
      o('danh-sach').append(copy)
    }
    line.remove()
    o('trong').hidden = list.length > 0
    o('danh-sach').hidden = !list.length
  })
}

when('chu', home)
when('thiet-bi', thisDevice)
when('huy', unlink)
when('lich-su', history)
