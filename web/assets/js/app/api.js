import {main} from './ui.js'

// A Refusal is an answer that says no: error is its code, text the sentence
// for the person.
class Refusal extends Error {
  constructor(answer) {
    super(answer.error)
    Object.assign(this, answer)
  }
}

const call = async (path, request) => {
  let answer
  try {
    answer = await fetch('/app/api/' + path, request)
  } catch {
    throw new Refusal({error: 'offline', text: main.dataset.mang})
  }
  let body = {}
  try {
    body = await answer.json()
  } catch {
    if (answer.ok) throw new Refusal({error: 'trouble'})
  }
  if (!answer.ok) throw new Refusal({error: 'trouble', ...body})
  return body
}

export const ask = (path) => call(path)
export const post = (path, body = {}) => call(path, {
  method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body),
})
