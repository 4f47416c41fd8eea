"""The words that the town is made of."""

FIRST_NAMES = (
    "María José Juan Ana Luis Carmen Rafael Altagracia Pedro Rosa Miguel Yolanda Francisco Milagros Ramón Mercedes "
    "Carlos Josefina Manuel Isabel Antonio Teresa Jesús Margarita Domingo Esperanza Julio Lucía Ángel Dulce Héctor "
    "Yesenia Víctor Xiomara Félix Noemí Andrés Belkis Tomás Inés Óscar Raquel Sergio Elena Iván Sofía Nelson Camila"
).split()
FAMILY_NAMES = (
    "Rodríguez Pérez Martínez García Reyes Santana Sánchez Núñez Peña Jiménez Ramírez Díaz Hernández Guzmán Castillo "
    "Mejía Polanco Rosario Vásquez Féliz Mateo Cabrera Almonte Batista Tavárez Ureña Ortiz Paulino Medina Familia "
    "Encarnación Montero Suero Contreras Abreu Marte Brito Then Liriano Payano Lantigua Valdez Muñoz Acosta Ibáñez"
).split()
GREEK_NAMES = (
    "Γιώργος Παπαδόπουλος|Ελένη Νικολάου|Κώστας Οικονόμου|Μαρία Αθανασίου|Δημήτρης Γεωργίου|Σοφία Παππά|"
    "Νίκος Βασιλείου|Κατερίνα Ιωάννου"
).split("|")
BUSINESS_KINDS = (
    "Colmado|Ferretería|Panadería|Farmacia|Salón|Restaurante|Lavandería|Hotel|Supermercado|Taller|Clínica|Imprenta"
).split("|")
BUSINESS_NAMES = (
    "La Esquina|El Progreso|San Rafael|Los Primos|La Fuente|Del Río|Central|La Unión|Buen Precio|El Faro|Santa Lucía|"
    "Las Palmas|Nuevo Sol|La Bendición|El Carmen|Monte Alto"
).split("|")
PUBLIC_BODIES = (
    "Escuela Básica|Liceo|Hospital Municipal|Cuartel de Bomberos|Parroquia|Centro Comunal|Ayuntamiento|Politécnico"
).split("|")
STREETS = (
    "Duarte|Sánchez|Mella|27 de Febrero|Independencia|Las Flores|El Sol|Restauración|Los Pinos|Máximo Gómez|"
    "San Martín|La Cruz|Del Acueducto|Padre Billini|Colón|Las Mercedes|Gregorio Luperón|La Fuente|Los Mangos|El Molino"
).split("|")
ZONES = ("Centro", "Ribera", "Alto")
SECTORS = (
    "Pueblo Arriba|Pueblo Abajo|La Marina|Los Jardines|El Molino|Las Colinas|San José|Villa Verde|La Estación|"
    "Buenos Aires|El Mirador|Los Cerros"
).split("|")
CITY = "Villa Hidria"
