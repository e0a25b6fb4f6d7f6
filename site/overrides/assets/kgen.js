// SPDX-License-Identifier: Apache-2.0
// Nothing here is needed to read a page. Names for what the theme leaves without one, and labels in the cells of wide
// tables, so that kgen.css can show their rows one below the other on a phone.
{
  const named = (selector, role, name) => {
    for (const element of document.querySelectorAll(`${selector}:not([aria-label])`)) {
      if (role) element.setAttribute("role", role)
      element.setAttribute("aria-label", name(element))
    }
  }

  const number = element => element.querySelector("[data-md-annotation-id]")?.dataset.mdAnnotationId ?? ""

  const name = () => {
    named(".md-search", "", () => "Search")
    named(".md-annotation", "note", element => `Note ${number(element)}`)
    named(".md-annotation__index", "", element => `Note ${number(element)}`)
    document.querySelectorAll(".md-code__nav").forEach(element => element.setAttribute("role", "none"))
    for (const around of document.querySelectorAll(".md-typeset__scrollwrap")) {
      // What can be scrolled can be reached by keyboard.
      if (around.scrollWidth > around.clientWidth) around.tabIndex = 0
    }
  }

  const label = table => {
    const heads = [...table.querySelectorAll("thead th")].map(head => head.textContent.trim())
    if (heads.length < 3) return
    table.dataset.kgenLabelled = ""
    // A cell that is shown as a block is no cell to a screen reader unless it is said.
    const roles = { table: [table], rowgroup: table.querySelectorAll("thead, tbody"), row: table.rows,
      columnheader: table.querySelectorAll("th"), cell: table.querySelectorAll("td") }
    for (const [role, elements] of Object.entries(roles)) {
      for (const element of elements) element.setAttribute("role", role)
    }
    for (const row of table.tBodies[0].rows) {
      [...row.cells].forEach((cell, index) => { cell.dataset.kgenLabel = heads[index] })
    }
  }

  // A path that is too long for its place breaks behind a slash.
  const breakable = code => {
    if (code.children.length) return
    const parts = code.textContent.trim().split(/(?<=[/:=,@])/)
    code.replaceChildren(...parts.flatMap(part => [part, document.createElement("wbr")]).slice(0, -1))
  }

  document.querySelectorAll(".md-typeset table:not([class])").forEach(label)
  document.querySelectorAll(".md-typeset :is(td, h1) code, .md-nav .md-ellipsis").forEach(breakable)
  // Each line of code is a link to itself, twice: nobody wants to stop at these on the way to its notes.
  for (const line of document.querySelectorAll(".linenos a, .highlight [name^=__codelineno]")) line.tabIndex = -1
  name()
  new MutationObserver(name).observe(document.querySelector(".md-content"), { childList: true, subtree: true })
}
