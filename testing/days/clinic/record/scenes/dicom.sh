# The ultrasound machine asks the Billedserver whether it is there (C-ECHO) and sends pictures of a test phantom (C-STORE).
CHECK="frames>=60"
prepare() {
    pacs_up
    python3 "$RECORD/programs/phantom.py" "$WORK/phantom.dump" "$WORK/phantom.raw"
    dump2dcm +te "$WORK/phantom.dump" "$WORK/phantom.dcm" >"$WORK/dump2dcm.log" 2>&1
}
play() {
    ask ultrasound billedserver.klinik.example
    on ultrasound echoscu -aet US-MODALITY -aec BILLEDSERVER 10.20.30.6 11112
    pause 1 2
    on ultrasound storescu -aet US-MODALITY -aec BILLEDSERVER 10.20.30.6 11112 "$WORK/phantom.dcm"
    pause 2 4
    on ultrasound storescu -aet US-MODALITY -aec BILLEDSERVER 10.20.30.6 11112 "$WORK/phantom.dcm"
}
verify() { [ -n "$(ls "$WORK/dicom")" ]; }
