// Before the first paint: the theme and language that were chosen, or what the machine says, so that nothing flashes or moves.
;(function () {
  var page = document.documentElement
  var read = function (name) {
    try {
      return localStorage.getItem('corehour.' + name)
    } catch {
      return null
    }
  }
  var dark = matchMedia('(prefers-color-scheme: dark)').matches
  page.dataset.theme = read('theme') || (dark ? 'dark' : 'light')
  page.lang = read('language') || (/^zh\b/i.test(navigator.language) ? 'zh' : 'en')
})()
