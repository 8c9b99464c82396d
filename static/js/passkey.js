// Says it in the page when the device did not confirm a passkey; allauth's script reports it as an event.
document.addEventListener("allauth.error", function (event) {
  var note = document.getElementById("passkey_trouble");
  if (!note) return;
  event.preventDefault();
  note.hidden = false;
});
