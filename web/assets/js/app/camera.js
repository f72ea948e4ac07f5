// The camera's picture and what it shows. Reasons of failure: tu-choi
// (refused), khong-co (none), ban (in use), den (no picture).
const reasons = {
  NotAllowedError: 'tu-choi', SecurityError: 'tu-choi', NotFoundError: 'khong-co', OverconstrainedError: 'khong-co',
  NotReadableError: 'ban', AbortError: 'ban',
}
const patience = 5000

const tries = [
  {facingMode: {ideal: 'environment'}, width: {ideal: 1280}, height: {ideal: 720}},
  true,
]

// start shows the camera in a video element. It returns the stream, or throws
// a reason.
export const start = async (video) => {
  if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) throw 'khong-co'
  let stream
  for (const wish of tries) {
    try {
      stream = await navigator.mediaDevices.getUserMedia({video: wish, audio: false})
      break
    } catch (error) {
      const reason = reasons[error.name] || 'khong-co'
      if (reason === 'tu-choi' || wish === true) throw reason
    }
  }
  video.srcObject = stream
  // A camera that another app took, or that iOS did not wake up again, gives a
  // stream without pictures.
  await Promise.race([
    video.play().catch(() => {}).then(() => picture(video)),
    new Promise((_, reject) => setTimeout(reject, patience, 'den')),
  ]).catch(() => {
    stop(video)
    throw 'den'
  })
  return stream
}

const picture = (video) => new Promise((resolve) => {
  const look = () => {
    if (video.videoWidth) return resolve()
    setTimeout(look, 100)
  }
  look()
})

export const stop = (video) => {
  if (!video.srcObject) return
  for (const track of video.srcObject.getTracks()) track.stop()
  video.srcObject = null
}

// dark tells whether a picture is black everywhere; 16 × 16 points are enough.
export const dark = (source) => {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = 16
  const context = canvas.getContext('2d', {willReadFrequently: true})
  context.drawImage(source, 0, 0, 16, 16)
  return context.getImageData(0, 0, 16, 16).data.every((value, i) => i % 4 === 3 || value < 14)
}
