# A phone in a pocket: a push message, a picture put in the cloud, the weather.
NEEDS=$DEVICE
CHECK="frames>=30"
play() {
    web "$DEVICE" https://push.telefonsky.example/lille.json
    pause 2 4
    web "$DEVICE" --data-binary "@$WORK/web/pages/billede.bin" https://billeder.telefonsky.example/lille.json
    web "$DEVICE" http://www.vejret.example/lille.json
}
