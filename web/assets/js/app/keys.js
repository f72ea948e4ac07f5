// A device is what this browser keeps of an activated account: {id, name,
// tail, since, used, key}. The private key cannot be read out, not even by this
// script; who clears the browser's data loses it and activates anew.
const store = 'thiet-bi'
const algorithm = {name: 'ECDSA', namedCurve: 'P-256'}

const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result)
  request.onerror = () => reject(request.error)
})

const open = () => {
  const request = indexedDB.open('motcua', 1)
  request.onupgradeneeded = () => request.result.createObjectStore(store, {keyPath: 'id'})
  return done(request)
}

const inStore = async (mode, work) => {
  const db = await open()
  try {
    return await done(work(db.transaction(store, mode).objectStore(store)))
  } finally {
    db.close()
  }
}

// usable tells whether the browser can keep a key at all.
export const usable = () => isSecureContext && Boolean(crypto.subtle) && Boolean(window.indexedDB)

// devices lists the accounts of this phone, the one used last first.
export const devices = async () =>
  (await inStore('readonly', (s) => s.getAll())).sort((a, b) => b.used - a.used)
export const keep = (device) => inStore('readwrite', (s) => s.put({...device, used: Date.now()}))
export const forget = (id) => inStore('readwrite', (s) => s.delete(id))

// Not every browser stores the pair itself; its two keys they do.
export const newKey = async () => {
  const {privateKey, publicKey} = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify'])
  return {privateKey, publicKey}
}
export const publicKey = async (pair) => base64(await crypto.subtle.exportKey('spki', pair.publicKey))
export const sign = async (pair, text) => base64(await crypto.subtle.sign({name: 'ECDSA', hash: 'SHA-256'}, pair.privateKey, new TextEncoder().encode(text)))

const base64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
