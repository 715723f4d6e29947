# Attack: the reception PC fetches from an address that is known to be bad.
CHECK="frames>=30 dns>=1"
play() {
    web reception http://bad.malware-drop.example/side.html
    pause 2 4
    web reception https://bad.malware-drop.example/lille.json
    pause 8 12
    web reception https://bad.malware-drop.example/lille.json
}
