'use strict';
(() => {
  const bar = document.getElementById('live'), gone = bar.querySelector('.gone');
  const changes = new EventSource('changes');
  changes.onmessage = (event) => {
    gone.hidden = true;
    if (event.data !== bar.dataset.version) location.reload();
  };
  changes.onerror = () => { gone.hidden = false; };
})();
