// SPDX-License-Identifier: Apache-2.0
// The theme searches in a worker. This sees to it that flags, paths and addresses can be asked for as they are
// written, and that the search works from file:// too, where Chromium starts no worker: a frame takes its place. (The
// theme would load a script for that from a network, but for one with "iframe-worker" in its name.)
{
  const SETUP = 0, QUERY = 2
  let separator = /\s+/

  // A leading dash would exclude, one within would part the word, and the parts of a path would each do. So `--a-flag`
  // is looked for as `a-flag`, also within a longer word, and `/a/path` as all of its parts. (The theme reads the query
  // and writes it anew before the search engine reads it, so what is to stay is escaped twice.)
  const kept = part => part.replace(/[-+]/g, "\\\\\\$&")
  const alone = part => part.length > 2 ? `${kept(part)} *${kept(part)}` : kept(part)
  const asked = query => query.split(/\s+/).map(word => {
    const parts = word.split(separator).map(part => part.replace(/^\W+|\W+$/g, "")).filter(Boolean)
    return parts.length > 1 ? parts.map(part => `+${kept(part)}*`).join(" ") : parts.map(alone).join("")
  }).join(" ")

  const prepared = message => {
    if (message.type === SETUP) separator = new RegExp(message.data.config.separator)
    return message.type === QUERY && !/["*~^]/.test(message.data) ? { ...message, data: asked(message.data) } : message
  }

  const Framed = class extends EventTarget {
    constructor(url) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      this.ready = new Promise(resolve => {
        frame.addEventListener("load", () => {
          const inner = frame.contentWindow
          inner.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }))
          const script = inner.document.createElement("script")
          script.src = url
          script.addEventListener("load", () => resolve(inner))
          inner.document.body.append(script)
        }, { once: true })
      })
      document.body.append(frame)
    }

    postMessage(data) {
      this.ready.then(inner => inner.dispatchEvent(new inner.MessageEvent("message", { data })))
    }
  }

  window.Worker = class extends (location.protocol === "file:" ? Framed : Worker) {
    postMessage(message) { super.postMessage(prepared(message)) }
  }
}
