import {all, say} from './dom.js'

// The chosen picture is shown before it is sent, and its square can be moved
// with three sliders or by dragging. Only the square's place is sent along:
// the server cuts, so that the page works the same without this.
const kinds = ['image/jpeg', 'image/png', 'image/webp']
const most = 5 << 20
const side = 256

export const portraits = () => {
  for (const group of all('[data-anh]')) begin(group)
}

const begin = (group) => {
  const input = group.querySelector('input[type="file"]')
  const cutter = group.querySelector('.t-cat')
  const canvas = cutter.querySelector('canvas')
  const sliders = all('input', cutter)
  const place = ['cat-x', 'cat-y', 'cat-canh'].map((name) => group.querySelector(`[name="${name}"]`))
  const none = group.querySelector('[name="khong-anh"]')
  const error = group.querySelector('[data-anh-loi]')
  const name = group.querySelector('[data-anh-ten]')
  let picture

  name.parentElement.dataset.anhNut = ''
  name.parentElement.firstElementChild.hidden = false
  const forget = () => {
    if (picture) picture.close()
    picture = null
    cutter.hidden = error.hidden = true
    name.textContent = ''
    for (const field of place) field.value = ''
  }
  const refuse = (text) => {
    input.value = ''
    error.textContent = text
    error.hidden = false
    say(text)
  }
  const square = () => {
    const [zoom, across, down] = sliders.map((s) => Number(s.value) / 100)
    const short = Math.min(picture.width, picture.height)
    const edge = Math.max(Math.min(short, 96), Math.round(short * (1 - 0.75 * zoom)))
    return [Math.round((picture.width - edge) * across), Math.round((picture.height - edge) * down), edge]
  }
  const draw = () => {
    const [x, y, edge] = square()
    canvas.getContext('2d').drawImage(picture, x, y, edge, edge, 0, 0, side, side)
    place.forEach((field, i) => { field.value = [x, y, edge][i] })
  }
  const drag = (event) => {
    if (!picture || !event.buttons) return
    const edge = square()[2] / canvas.clientWidth
    const shift = (slider, pixels, room) => {
      if (room > 0) slider.value = Number(slider.value) - pixels * edge / room * 100
    }
    shift(sliders[1], event.movementX, picture.width - square()[2])
    shift(sliders[2], event.movementY, picture.height - square()[2])
    draw()
  }

  for (const slider of sliders) {
    slider.step = 'any'
    slider.addEventListener('input', draw)
  }
  canvas.addEventListener('pointerdown', (event) => canvas.setPointerCapture(event.pointerId))
  canvas.addEventListener('pointermove', drag)
  none.addEventListener('change', () => {
    if (!none.checked) return
    input.value = ''
    forget()
  })
  input.addEventListener('change', async () => {
    forget()
    const file = input.files[0]
    if (!file) return
    if (!kinds.includes(file.type)) return refuse(group.dataset.anhSai)
    if (file.size > most) return refuse(group.dataset.anhTo)
    none.checked = false
    try {
      picture = await createImageBitmap(file, {imageOrientation: 'from-image'})
    } catch {
      return refuse(group.dataset.anhHong)
    }
    name.textContent = file.name
    cutter.hidden = false
    sliders.forEach((s, i) => { s.value = i ? 50 : 0 })
    draw()
  })
}
