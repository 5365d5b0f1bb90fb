SELECT mark, anchor FROM clock WHERE id = 1
