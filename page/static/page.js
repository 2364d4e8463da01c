// Makes pages quicker to use. Everything works without it.

// Times: the reader's own zone on hover, and words that stay true while a page is
// open: those of page.Relative.
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'long' })
const minute = 60, hour = 60 * minute, day = 24 * hour
function ago(seconds) {
  const unit = (n, one) => n === 1 ? '1 ' + one : n + ' ' + one + 's'
  const long = Math.abs(seconds)
  if (long < 45) return 'just now'
  const words = Math.round(long) < minute ? unit(Math.round(long), 'second') : Math.round(long / minute) < 60 ? unit(Math.round(long / minute), 'minute') : Math.round(long / hour) < 48 ? unit(Math.round(long / hour), 'hour')
    : long < 60 * day ? unit(Math.max(2, Math.floor(long / day)), 'day') : unit(Math.floor(long / (30 * day)), 'month')
  return seconds < 0 ? 'in ' + words : words + ' ago'
}
// The clock of this machine may be wrong: what counts is how long the page is open.
const served = Date.parse(document.documentElement.dataset.now), opened = performance.now()
const seconds = at => (served + performance.now() - opened - at) / 1000
function times(root) {
  for (const t of root.querySelectorAll('time[datetime]')) {
    const at = Date.parse(t.dateTime)
    if (isNaN(at)) continue
    t.title = exact.format(at)
    if (served && 'ago' in t.dataset) t.textContent = ago(seconds(at))
  }
}
times(document)
setInterval(() => { if (!document.hidden) times(document) }, 30000)

// Keys. data-key="c" binds a link or button, data-go="q" the keys g then q.
const typing = e => e.target.closest('input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]')
const visible = el => el.offsetParent !== null || el.getClientRects().length > 0
const label = el => {
  const plain = el.cloneNode(true)
  for (const extra of plain.querySelectorAll('kbd, .badge')) extra.remove()
  return el.dataset.label || el.getAttribute('aria-label') || plain.textContent.trim().replace(/\s+/g, ' ')
}
let going = false

// Keys of one letter can be turned off, for those who speak their input.
const single = document.getElementById('single')
try { single.checked = localStorage.getItem('single') !== 'off' } catch { single.checked = true }
single.addEventListener('change', () => { try { localStorage.setItem('single', single.checked ? 'on' : 'off') } catch { /* holds for this page only */ } })
for (const el of document.querySelectorAll('[data-script]')) el.hidden = false
document.getElementById('show-keys').addEventListener('click', () => keys())
document.getElementById('show-palette').addEventListener('click', () => palette())

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
  if (!single.checked || e.ctrlKey || e.metaKey || e.altKey || typing(e) || document.querySelector('dialog[open]')) return
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

// What cannot be done twice is asked once more.
const sure = document.getElementById('sure')
let agreed = null
document.addEventListener('click', e => {
  const el = e.target.closest('[data-confirm]')
  if (!el || el === agreed) return
  e.preventDefault()
  sure.querySelector('h2').textContent = el.dataset.confirm
  sure.returnValue = ''
  sure.onclose = () => { if (sure.returnValue === 'yes') { agreed = el; el.click(); agreed = null } }
  sure.showModal()
})

// Masked lines: the reveal forms of a page show their text in place. What else
// the server answers, such as a refusal, is shown instead of the page's content.
document.addEventListener('submit', async e => {
  const form = e.target
  if (!form.matches('[data-swap]') || !form.reportValidity()) return
  e.preventDefault()
  const body = new URLSearchParams(new FormData(form))
  if (e.submitter?.name) body.append(e.submitter.name, e.submitter.value)
  let answer, page
  try {
    answer = await fetch(form.action, { method: 'POST', body, headers: { 'Accept': 'text/html' } })
    page = new DOMParser().parseFromString(await answer.text(), 'text/html')
  } catch {
    const p = document.createElement('p')
    p.className = 'flash failed'
    p.setAttribute('role', 'alert')
    p.textContent = 'The server did not answer. Nothing is shown; try again in a moment.'
    form.querySelector('.flash')?.remove()
    form.prepend(p)
    return
  }
  const where = answer.ok && page.querySelector(form.dataset.swap) ? form.dataset.swap : 'main'
  const from = page.querySelector(where), to = document.querySelector(where)
  if (!from || !to) { location.href = location.pathname; return }
  to.replaceWith(from)
  times(from)
  ;(where === 'main' ? from : from.querySelector('.revealed'))?.focus()
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
      const answer = await fetch(location.href, { headers: { 'Accept': 'text/html' } }).catch(() => null)
      if (!answer?.ok) return
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
      for (const old of document.querySelectorAll('[data-fragment]')) {
        const fresh = page.getElementById(old.id)
        if (!fresh || old.contains(document.activeElement) && document.activeElement.matches('input, textarea, select')) continue
        const on = old.contains(document.activeElement) ? document.activeElement : null
        const at = on && (on.id ? '#' + CSS.escape(on.id) : on.matches('a[href]') ? `a[href="${CSS.escape(on.getAttribute('href'))}"]` : '')
        old.replaceWith(fresh)
        times(fresh)
        if (at) fresh.querySelector(at)?.focus()
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
