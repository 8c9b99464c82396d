from transactions.providers.stand_in.server import main

if __name__ == "__main__":
    main()
