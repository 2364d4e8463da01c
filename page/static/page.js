// Makes pages quicker to use. Everything works without it.

// Times: the reader's own zone, the exact one on hover.
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'long' })
function times(root) {
  for (const t of root.querySelectorAll('time[datetime]')) {
    const at = new Date(t.dateTime)
    if (!isNaN(at)) t.title = exact.format(at)
  }
}
times(document)

// Keys. data-key="c" binds a link or button, data-go="q" the keys g then q.
const typing = e => e.target.closest('input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]')
const visible = el => el.offsetParent !== null || el.getClientRects().length > 0
const label = el => el.dataset.label || el.getAttribute('aria-label') || el.textContent.trim().replace(/\s+/g, ' ')
let going = false

function rows() { return [...document.querySelectorAll('[data-rows] a[data-row], a[data-row]')].filter(visible) }
function step(by) {
  const all = rows()
  if (!all.length) return
  const at = all.indexOf(document.activeElement)
  all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))].focus()
}

function bound(attribute, key) {
  return [...document.querySelectorAll(`[${attribute}]`)].find(el => el.getAttribute(attribute) === key && !el.disabled && (visible(el) || attribute === 'data-go'))
}

document.addEventListener('keydown', e => {
  if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === 'k') { e.preventDefault(); palette(); return }
  if (e.ctrlKey || e.metaKey || e.altKey || typing(e) || document.querySelector('dialog[open]')) return
  if (going) {
    going = false
    const to = bound('data-go', e.key)
    if (to) { e.preventDefault(); location.href = to.href }
    return
  }
  switch (e.key) {
    case '?': e.preventDefault(); keys(); return
    case 'g': going = true; setTimeout(() => { going = false }, 1500); return
    case 'j': case 'ArrowDown': if (rows().length && (e.key === 'j' || document.activeElement.matches('[data-row]'))) { e.preventDefault(); step(1) } return
    case 'k': case 'ArrowUp': if (rows().length && (e.key === 'k' || document.activeElement.matches('[data-row]'))) { e.preventDefault(); step(-1) } return
    case '/': { const field = document.querySelector('[data-filter]'); if (field) { e.preventDefault(); field.focus() } return }
  }
  const el = bound('data-key', e.key)
  if (!el) return
  e.preventDefault()
  if (el.matches('input, select, textarea')) el.focus(); else el.click()
})

function keys() {
  const list = document.querySelector('#keys dl')
  list.replaceChildren()
  const add = (key, text) => {
    const dt = document.createElement('dt'), dd = document.createElement('dd')
    for (const k of key.split(' ')) { const kbd = document.createElement('kbd'); kbd.textContent = k; dt.append(kbd, ' ') }
    dd.textContent = text
    list.append(dt, dd)
  }
  for (const el of document.querySelectorAll('[data-key]')) if (visible(el)) add(el.dataset.key, label(el))
  for (const el of document.querySelectorAll('[data-go]')) add('g ' + el.dataset.go, 'Go to ' + label(el))
  if (rows().length) add('j k', 'Move in the list; Enter opens')
  if (document.querySelector('[data-filter]')) add('/', 'Filter')
  add('Ctrl K', 'Commands')
  add('?', 'This list')
  document.getElementById('keys').showModal()
}

// The command palette: every page and every action that is on this page.
function commands() {
  const out = [...document.querySelectorAll('[data-go]')].map(el => ({ text: 'Go to ' + label(el), run: () => { location.href = el.href } }))
  for (const el of document.querySelectorAll('[data-key], [data-command]')) {
    if (visible(el) && !el.disabled) out.push({ text: label(el), run: () => { el.scrollIntoView({ block: 'center' }); el.matches('input, select, textarea') ? el.focus() : el.click() } })
  }
  return out
}

function palette() {
  const dialog = document.getElementById('palette'), field = dialog.querySelector('input'), list = dialog.querySelector('ul')
  const all = commands()
  let chosen = 0, shown = []
  const draw = () => {
    const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean)
    shown = all.filter(c => wanted.every(w => c.text.toLowerCase().includes(w))).slice(0, 12)
    chosen = Math.min(chosen, Math.max(0, shown.length - 1))
    list.replaceChildren(...shown.map((c, i) => {
      const li = document.createElement('li')
      li.id = 'command-' + i
      li.setAttribute('role', 'option')
      li.setAttribute('aria-selected', i === chosen)
      li.textContent = c.text
      li.addEventListener('click', () => { dialog.close(); c.run() })
      return li
    }))
    if (shown.length) field.setAttribute('aria-activedescendant', 'command-' + chosen); else field.removeAttribute('aria-activedescendant')
  }
  field.oninput = () => { chosen = 0; draw() }
  field.onkeydown = e => {
    if (e.key === 'ArrowDown') { e.preventDefault(); chosen = Math.min(shown.length - 1, chosen + 1); draw() }
    if (e.key === 'ArrowUp') { e.preventDefault(); chosen = Math.max(0, chosen - 1); draw() }
    if (e.key === 'Enter' && shown[chosen]) { e.preventDefault(); dialog.close(); shown[chosen].run() }
  }
  field.value = ''
  draw()
  dialog.showModal()
  field.focus()
}

// Masked lines: the reveal forms of a page show their text in place.
document.addEventListener('submit', async e => {
  const form = e.target
  if (!form.matches('[data-swap]') || !form.reportValidity()) return
  e.preventDefault()
  const body = new URLSearchParams(new FormData(form))
  if (e.submitter?.name) body.append(e.submitter.name, e.submitter.value)
  const answer = await fetch(form.action, { method: 'POST', body, headers: { 'Accept': 'text/html' } })
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
  const from = page.querySelector(form.dataset.swap), to = document.querySelector(form.dataset.swap)
  if (!answer.ok || !from || !to) { document.open(); location.href = location.pathname; return }
  to.replaceWith(from)
  times(from)
  from.querySelector('.revealed')?.focus()
})

// Live pages ask for their fragments again when something has changed.
const live = document.body.dataset.live
if (live && document.querySelector('[data-fragment]')) {
  let waiting = false
  const refresh = () => {
    if (waiting) return
    waiting = true
    setTimeout(async () => {
      waiting = false
      const answer = await fetch(location.href, { headers: { 'Accept': 'text/html' } })
      if (!answer.ok) return
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
      for (const old of document.querySelectorAll('[data-fragment]')) {
        const fresh = page.getElementById(old.id)
        if (!fresh || old.contains(document.activeElement) && document.activeElement.matches('input, textarea, select')) continue
        const at = document.activeElement?.id
        old.replaceWith(fresh)
        times(fresh)
        if (at && fresh.querySelector('#' + CSS.escape(at))) document.getElementById(at).focus()
      }
    }, 1000)
  }
  const source = new EventSource(live)
  source.addEventListener('changed', refresh)
  source.addEventListener('open', refresh) // what changed before the stream was open
}

// A claim that is about to run out says so.
for (const el of document.querySelectorAll('[data-warn-at]')) {
  const tell = () => { if (Date.now() >= Date.parse(el.dataset.warnAt)) { el.hidden = false; el.setAttribute('role', 'alert') } else setTimeout(tell, 5000) }
  tell()
}

// Choosing "no action" clears the measures, and the other way round.
for (const group of document.querySelectorAll('[data-either]')) {
  group.addEventListener('change', e => {
    const only = group.querySelector(`[value="${group.dataset.either}"]`)
    if (!e.target.checked || e.target.name !== only.name) return
    for (const other of group.querySelectorAll(`[name="${only.name}"]`)) if ((e.target === only) === (other !== only)) other.checked = false
  })
}
