import {go, show, when} from './ui.js'

// iPadOS says that it is a Mac with a touch screen.
export const iphone = /iPhone|iPad|iPod/.test(navigator.userAgent) || /Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1
export const installed = () => matchMedia('(display-mode: standalone)').matches || navigator.standalone === true

let offer
addEventListener('beforeinstallprompt', (event) => {
  event.preventDefault()
  offer = event
})

when('cai', () => show('cai', (o) => {
  o('iphone').hidden = !iphone
  o('android').hidden = iphone || Boolean(offer)
  o('cai').hidden = !offer
  o('cai').addEventListener('click', async () => {
    const asked = offer
    offer = null
    await asked.prompt()
    go('dau')
  })
}))
