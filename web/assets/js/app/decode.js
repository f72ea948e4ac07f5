import {main} from './ui.js'

const square = 480 // points of the middle, where the frame is
const whole = 1280 // longest side of a whole picture
const patience = 10000

let native
let worker
let counter = 0

const detector = async () => {
  if (native !== undefined) return native
  native = null
  try {
    if ((await BarcodeDetector.getSupportedFormats()).includes('qr_code')) native = new BarcodeDetector({formats: ['qr_code']})
  } catch {
    // No such detector: the worker reads.
  }
  return native
}

// decode returns the text of a QR code in a picture or video, or "". With
// middle it looks at the part inside the frame only, which is faster and finds
// small codes.
export const decode = async (source, middle) => {
  const canvas = draw(source, middle)
  const own = await detector()
  if (own) {
    try {
      const [code] = await own.detect(canvas)
      return code ? code.rawValue : ''
    } catch {
      native = null // Some phones name the detector and do not have it.
    }
  }
  return inWorker(canvas)
}

const draw = (source, middle) => {
  const width = source.videoWidth || source.width
  const height = source.videoHeight || source.height
  const canvas = document.createElement('canvas')
  if (middle) {
    const side = Math.min(width, height)
    canvas.width = canvas.height = Math.min(side, square)
    pen(canvas).drawImage(source, (width - side) / 2, (height - side) / 2, side, side, 0, 0, canvas.width, canvas.height)
    return canvas
  }
  const scale = Math.min(1, whole / Math.max(width, height))
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round(height * scale)
  pen(canvas).drawImage(source, 0, 0, canvas.width, canvas.height)
  return canvas
}

const pen = (canvas) => canvas.getContext('2d', {willReadFrequently: true})

const inWorker = (canvas) => new Promise((resolve) => {
  if (!worker) {
    worker = new Worker(main.dataset.tho)
    worker.postMessage({type: 'inversionMode', data: 'both'})
  }
  const id = ++counter
  const finish = (text) => {
    clearTimeout(timer)
    worker.removeEventListener('message', answer)
    resolve(text)
  }
  const answer = ({data}) => {
    if (data.id === id) finish(data.data || '')
  }
  const timer = setTimeout(finish, patience, '')
  worker.addEventListener('message', answer)
  const image = pen(canvas).getImageData(0, 0, canvas.width, canvas.height)
  worker.postMessage({id, type: 'decode', data: image}, [image.data.buffer])
})
