document.getElementById("state").textContent = `The bundle ran; the theme is ${document.documentElement.dataset.theme}.`;
