// The box at the top: finds names by their beginning, then by any part, then by what is said of them and the names of arguments.
// What has a bracket is a shape, and finds what takes or gives it: in the same letters, then in any.
(() => {
  const root = document.body.dataset.root
  const box = document.getElementById("search")
  const list = document.getElementById("found")
  const most = 40
  let chosen = 0

  const tight = text => text.replace(/\s+/g, "")

  // [B, T, D] as [0,1,2]: the same for all names of sizes.
  const bare = shape => {
    const names = []
    return tight(shape).replace(/[A-Za-z_]\w*/g, name => (names.includes(name) || names.push(name), names.indexOf(name)))
  }

  const fits = ([, , , , , takes], shape) => {
    const [given, result] = tight(shape).split("->")
    if (tight(takes).includes(given) && (!result || tight(takes).includes("->" + result))) return 0
    return (takes.match(/\[[^[\]]*\]/g) ?? []).some(part => bare(part) === bare(shape)) ? 1 : 9
  }

  const rank = ([name, , , , says, takes], word) => {
    const lower = name.toLowerCase()
    if (name === word) return 0
    if (lower === word.toLowerCase()) return 1
    if (lower.startsWith(word.toLowerCase())) return 2
    if (lower.split(/[._ ]/).some(part => part.startsWith(word.toLowerCase()))) return 3
    if (lower.includes(word.toLowerCase())) return 4
    if (says.toLowerCase().includes(word.toLowerCase())) return 5
    return takes.split(/\W+/).includes(word) ? 6 : 9
  }

  const find = text => {
    const words = text.trim().split(/\s+/).filter(Boolean)
    if (!words.length) return []
    const order = entry => text.includes("[") ? fits(entry, text) : Math.max(...words.map(word => rank(entry, word)))
    const ranked = INDEX.map((entry, i) => [order(entry), entry[0].length, i])
    return ranked.filter(([r]) => r < 9).sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2])
      .slice(0, most).map(([, , i]) => INDEX[i])
  }

  const element = (tag, name, text) => {
    const made = document.createElement(tag)
    made.className = name
    made.textContent = text
    return made
  }

  const choose = at => {
    const items = list.children
    if (!items.length) return
    chosen = (at + items.length) % items.length
    Array.from(items).forEach((item, i) => item.classList.toggle("chosen", i === chosen))
    items[chosen].scrollIntoView({ block: "nearest" })
  }

  const show = () => {
    const found = find(box.value)
    list.replaceChildren(...found.map(([name, kind, of, address, says]) => {
      const item = document.createElement("li")
      const link = element("a", "", "")
      link.href = root + address
      link.append(element("span", "kind", kind), element("code", "", name), element("span", "of", of), element("span", "says", says))
      item.append(link)
      return item
    }))
    list.hidden = !box.value.trim()
    if (!found.length && !list.hidden) list.append(element("li", "none", "nothing found"))
    else choose(0)
  }

  const close = () => { list.hidden = true }

  box.addEventListener("input", show)
  box.addEventListener("focus", show)
  box.addEventListener("keydown", event => {
    if (event.key === "ArrowDown") choose(chosen + 1)
    else if (event.key === "ArrowUp") choose(chosen - 1)
    else if (event.key === "Enter") list.children[chosen]?.querySelector("a")?.click()
    else if (event.key === "Escape") { box.value = ""; close(); box.blur(); return }
    else return
    event.preventDefault()
  })
  list.addEventListener("click", close)
  document.addEventListener("click", event => { if (!event.target.closest("header")) close() })
  document.addEventListener("keydown", event => {
    if (event.key === "/" && document.activeElement !== box) { event.preventDefault(); box.focus() }
  })

  // The list of modules is beside the text where there is room, and folded above it where there is none.
  const menu = document.querySelector(".menu")
  const wide = matchMedia("(min-width: 60rem)")
  const fold = () => { menu.open = wide.matches }
  wide.addEventListener("change", fold)
  fold()
  menu.querySelector("[aria-current]")?.scrollIntoView({ block: "center" })
  if (!location.hash) scrollTo(0, 0)
})()
