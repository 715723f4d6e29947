# A letter is printed: the printer is asked how it is, then gets the job on port 9100.
CHECK="frames>=20"
prepare() { printer_up; }
play() {
    ask "$DEVICE" brn30055c5a3020.klinik.example
    on "$DEVICE" python3 "$RECORD/programs/print_job.py" 10.20.30.20 9100 90000
}
