Redoc.init(
  new URL('openapi.json', document.baseURI).href,
  { hideDownloadButton: false },
  document.getElementById('docs'),
)
